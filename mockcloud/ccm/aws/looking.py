"""Looks at what AWS has for one Service, and at what all share: subnets, instances, nodes' groups."""

import asyncio
from collections.abc import Collection
from enum import Enum
from typing import Any, Final

from mockcloud.ccm.aws import reading
from mockcloud.ccm.aws.client import Aws, AwsRefusal
from mockcloud.ccm.aws.decide.calls import CLASSIC, EC2, NETWORK
from mockcloud.ccm.aws.decide.plans.node_rules import NodeGroups
from mockcloud.ccm.aws.decide.seen import (
    ClassicBalancer,
    Instance,
    NetworkBalancer,
    SecurityGroup,
    Seen,
    Subnet,
    TargetGroup,
)
from mockcloud.ccm.aws.decide.wanted import names
from mockcloud.ccm.aws.sharing import Shared
from mockcloud.ccm.objects.services import Service

NOT_FOUND: Final = "LoadBalancerNotFound"
TAGS_A_CALL: Final = 20

Row = dict[str, Any]


class Leftovers(Enum):
    """Whether target groups that nothing leads to may be there: to find one, all have to be listed."""

    NONE = "the last sync was not cut off"
    FROM_BEFORE = "this process has not touched the Service yet: one list, made once, tells"
    OF_OURS = "a sync of this process was cut off"


class Look:
    """At one account's region, for one cluster in one VPC."""

    def __init__(self, aws: Aws, cluster: str, vpc: str) -> None:
        self._aws = aws
        self._cluster = cluster
        self._vpc = vpc
        self._from_before: list[Row] | None = None
        self._listing = asyncio.Lock()
        self._zones: dict[str, Row] = {}  # a zone does not become one of another type
        self._instances: Shared[list[Instance]] = Shared()
        self._subnets: Shared[list[Subnet]] = Shared()

    async def at_service(self, service: Service, *, attributes: bool, leftovers: Leftovers) -> Seen:
        """All that carries its name; `attributes`: of target groups, too."""
        name = names.balancer_name(service.meta.uid)
        network, classic, group, orphans = await asyncio.gather(
            self._network(name),
            self._classic(name),
            self._own_group(name),
            self._orphans(service, leftovers),
        )
        balancer, rows = network
        found = [await self._target_group(each, attributes=attributes) for each in (*rows, *orphans)]
        return Seen(balancer, classic, tuple(found), group)

    async def exists(self, service: Service) -> bool:
        """Whether a balancer, or the security group of one, is there: the last that goes of either kind."""
        name = names.balancer_name(service.meta.uid)
        found = await asyncio.gather(
            self._named(NETWORK, "LoadBalancers", Names=[name]),
            self._named(CLASSIC, "LoadBalancerDescriptions", LoadBalancerNames=[name]),
            self._own_group(name),
        )
        return any(found)

    async def at_instances(self, ids: Collection[str]) -> list[Instance]:
        """Those that are there; an instance that was terminated is not."""
        if not ids:
            return []
        return await self._instances.ask(frozenset(ids), lambda: self._at_instances(ids))

    async def _at_instances(self, ids: Collection[str]) -> list[Instance]:
        told = [{"Name": "instance-id", "Values": sorted(ids)}]
        reservations = await self._aws.rows(EC2, "describe_instances", "Reservations", Filters=told)
        rows = [each for reservation in reservations for each in reservation.get("Instances") or ()]
        found = (reading.instance(each) for each in rows)
        return sorted(
            (each for each in found if each.state not in ("terminated", "shutting-down")),
            key=lambda each: each.id,
        )

    async def at_subnets(self) -> list[Subnet]:
        """Of the VPC."""
        return await self._subnets.ask(self._vpc, self._at_subnets)

    async def _at_subnets(self) -> list[Subnet]:
        here = [{"Name": "vpc-id", "Values": [self._vpc]}]
        rows, tables = await asyncio.gather(
            self._aws.rows(EC2, "describe_subnets", "Subnets", Filters=here),
            self._aws.rows(EC2, "describe_route_tables", "RouteTables", Filters=here),
        )
        if not self._zones.keys() >= {each["AvailabilityZone"] for each in rows}:
            zones = await self._aws.rows(EC2, "describe_availability_zones", "AvailabilityZones")
            self._zones = {each["ZoneName"]: each for each in zones}
        return reading.subnets(rows, tables, self._zones.values())

    async def at_node_groups(self) -> NodeGroups:
        """The security groups that may have to let a balancer in, with their rules as they are now."""
        here = [{"Name": "vpc-id", "Values": [self._vpc]}]
        rows = await self._aws.rows(EC2, "describe_security_groups", "SecurityGroups", Filters=here)
        tagged: dict[str, SecurityGroup] = {}
        others: dict[str, SecurityGroup] = {}
        for group in map(reading.security_group, rows):
            own = names.is_of_cluster(group.tags, self._cluster)
            (tagged if own else others)[group.id] = group
        return NodeGroups(tagged, others)

    async def _network(self, name: str) -> tuple[NetworkBalancer | None, list[Row]]:
        """With its target groups."""
        row = await self._named(NETWORK, "LoadBalancers", Names=[name])
        if row is None:
            return None, []
        arn = {"LoadBalancerArn": row["LoadBalancerArn"]}
        attributes, listeners, groups = await asyncio.gather(
            self._aws.rows(NETWORK, "describe_load_balancer_attributes", "Attributes", **arn),
            self._aws.rows(NETWORK, "describe_listeners", "Listeners", **arn),
            self._aws.rows(NETWORK, "describe_target_groups", "TargetGroups", **arn),
        )
        return reading.network_balancer(row, attributes, listeners), groups

    async def _classic(self, name: str) -> ClassicBalancer | None:
        row = await self._named(CLASSIC, "LoadBalancerDescriptions", LoadBalancerNames=[name])
        if row is None:
            return None
        params = {"LoadBalancerName": name}
        answer = await self._aws.call(CLASSIC, "describe_load_balancer_attributes", params)
        return reading.classic_balancer(row, answer["LoadBalancerAttributes"])

    async def _named(self, service: str, key: str, **named: list[str]) -> Row | None:
        try:
            rows = await self._aws.rows(service, "describe_load_balancers", key, **named)
        except AwsRefusal as refusal:
            if refusal.code != NOT_FOUND:
                raise
            return None
        return next((each for each in rows if each.get("Type", "network") == "network"), None)

    async def _own_group(self, name: str) -> SecurityGroup | None:
        told = {"group-name": names.security_group_name(name), "vpc-id": self._vpc}
        filters = [{"Name": key, "Values": [value]} for key, value in told.items()]
        rows = await self._aws.rows(EC2, "describe_security_groups", "SecurityGroups", Filters=filters)
        return reading.security_group(rows[0]) if rows else None

    async def _orphans(self, service: Service, leftovers: Leftovers) -> list[Row]:
        """Target groups that say they are the Service's, and that nothing leads to."""
        prefix = names.target_group_prefix(service.meta.namespace, service.meta.name)
        rows = await self._unattached(leftovers)
        alone = {each["TargetGroupArn"]: each for each in rows if each["TargetGroupName"].startswith(prefix)}
        wanted = names.tags(self._cluster, service.path, {})
        found: list[Row] = []
        arns = sorted(alone)
        for start in range(0, len(arns), TAGS_A_CALL):
            chunk = arns[start : start + TAGS_A_CALL]
            described = await self._aws.rows(NETWORK, "describe_tags", "TagDescriptions", ResourceArns=chunk)
            found += [
                alone[each["ResourceArn"]]
                for each in described
                if wanted.items() <= reading.tags(each.get("Tags")).items()
            ]
        return found

    async def _target_group(self, row: Row, *, attributes: bool) -> TargetGroup:
        arn = {"TargetGroupArn": row["TargetGroupArn"]}
        health, told = await asyncio.gather(
            self._aws.rows(NETWORK, "describe_target_health", "TargetHealthDescriptions", **arn),
            self._aws.rows(NETWORK, "describe_target_group_attributes", "Attributes", **arn)
            if attributes
            else _nothing(),
        )
        return reading.target_group(row, health, told)

    async def _unattached(self, leftovers: Leftovers) -> list[Row]:
        if leftovers is Leftovers.NONE:
            return []
        if leftovers is Leftovers.OF_OURS:
            return await self._list_unattached()
        async with self._listing:
            if self._from_before is None:
                self._from_before = await self._list_unattached()
        return self._from_before

    async def _list_unattached(self) -> list[Row]:
        rows = await self._aws.rows(NETWORK, "describe_target_groups", "TargetGroups")
        return [each for each in rows if not each.get("LoadBalancerArns")]


async def _nothing() -> list[Row]:
    return []
