"""EC2's instances behind Nodes."""

import logging
import re
from collections.abc import Mapping
from typing import Any, Final

from mockcloud.ccm.aws import reading
from mockcloud.ccm.aws.client import Aws, AwsRefusal
from mockcloud.ccm.aws.decide.calls import EC2
from mockcloud.ccm.aws.decide.provider_ids import instance_id, provider_id
from mockcloud.ccm.objects.nodes import Node
from mockcloud.ccm.provider import InstanceFacts, ProviderError

NOT_FOUND: Final = "InvalidInstanceID.NotFound"
HAVE_TOPOLOGY: Final = re.compile(r"(hpc|trn|p)[0-9]+[a-z]*(-[a-z0-9]+)?(\.[0-9a-z]*)$")
"""Types of instances that AWS always tells the topology of: there upstream waits for it."""
LOG: Final = logging.getLogger(__name__)
ALIVE: Final = ("pending", "running", "shutting-down", "stopping", "stopped")


class AwsInstances:
    """The provider's Instances. A Node without providerID is found by the instance's private DNS name."""

    def __init__(self, aws: Aws, region: str) -> None:
        self._aws = aws
        self._region = region
        self._zone_ids: Mapping[str, str] = {}

    async def facts(self, node: Node) -> InstanceFacts:
        """Type, zone, region, addresses, and the zone's id as a label."""
        row = await self._row(node)
        if row is None:
            raise ProviderError(_nowhere(node))
        zone = row["Placement"]["AvailabilityZone"]
        return InstanceFacts(
            provider_id=node.provider_id or provider_id(zone, row["InstanceId"]),
            instance_type=row.get("InstanceType") or "",
            zone=zone,
            region=self._region,
            addresses=reading.addresses(row),
            labels={"topology.k8s.aws/zone-id": await self._zone_id(zone), **await self._layers(row)},
        )

    async def exists(self, node: Node) -> bool:
        """A terminated one does not; a Node that never had one is nobody's to delete: ProviderError."""
        row = await self._row(node)
        if row is None and not node.provider_id:
            raise ProviderError(_nowhere(node))
        return row is not None and row["State"]["Name"] != "terminated"

    async def is_shut_down(self, node: Node) -> bool:
        """Whether it is stopped."""
        row = await self._row(node)
        return row is not None and row["State"]["Name"] == "stopped"

    async def _row(self, node: Node) -> Mapping[str, Any] | None:
        found = instance_id(node.provider_id or node.meta.name.partition(".")[0])
        if found:
            params: dict[str, Any] = {"InstanceIds": [found]}
        elif node.provider_id:
            msg = f"Invalid format for AWS instance ({node.provider_id})"
            raise ProviderError(msg)
        else:
            by_name = {"private-dns-name": [node.meta.name], "instance-state-name": list(ALIVE)}
            params = {"Filters": [{"Name": key, "Values": value} for key, value in by_name.items()]}
        try:
            reservations = await self._aws.rows(EC2, "describe_instances", "Reservations", **params)
        except AwsRefusal as refusal:
            if refusal.code != NOT_FOUND:
                raise
            return None
        rows = [each for reservation in reservations for each in reservation.get("Instances") or ()]
        if len(rows) > 1:
            msg = f"multiple instances found for name: {node.meta.name}"
            raise ProviderError(msg)
        return rows[0] if rows else None

    async def _layers(self, row: Mapping[str, Any]) -> dict[str, str]:
        """Labels of the network nodes above the instance, outermost first; not all types have them."""
        ids = {"InstanceIds": [row["InstanceId"]]}
        try:
            found = await self._aws.rows(EC2, "describe_instance_topology", "Instances", **ids)
        except AwsRefusal as refusal:
            if HAVE_TOPOLOGY.match(row.get("InstanceType") or ""):
                raise
            LOG.warning("instance %s is labelled without its network's nodes: %s", row["InstanceId"], refusal)
            return {}
        nodes = (node for each in found for node in each.get("NetworkNodes") or ())
        return {f"topology.k8s.aws/network-node-layer-{layer}": node for layer, node in enumerate(nodes, 1)}

    async def _zone_id(self, zone: str) -> str:
        if zone not in self._zone_ids:
            rows = await self._aws.rows(EC2, "describe_availability_zones", "AvailabilityZones")
            self._zone_ids = {each["ZoneName"]: each.get("ZoneId") or "" for each in rows}
        return self._zone_ids.get(zone, "")


def _nowhere(node: Node) -> str:
    known = node.provider_id or f"private DNS name {node.meta.name}"
    return f"no instance of EC2 has {known}: node {node.meta.name} waits for one"
