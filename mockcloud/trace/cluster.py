"""What the API says -> the facts that a trace names things by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mockcloud.client.resources import ENDPOINT_SLICES, NODES, PODS, SERVICES
from mockcloud.trace.model import Cluster, Protocol, ServiceFacts, ServicePort

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mockcloud.client.rest import Client

Object = dict[str, Any]
SERVICE_NAME: Final = "kubernetes.io/service-name"


async def read_cluster(client: Client) -> Cluster:
    """Ask for all that may be on the way."""
    lists = [(await client.list(kind))["items"] for kind in (SERVICES, ENDPOINT_SLICES, PODS, NODES)]
    return cluster_facts(*lists)


def cluster_facts(
    services: Sequence[Object], slices: Sequence[Object], pods: Sequence[Object], nodes: Sequence[Object]
) -> Cluster:
    """The four lists as facts."""
    return Cluster(
        tuple(_service(each, slices) for each in services),
        {
            address["ip"]: (_key(pod), pod["spec"].get("nodeName", ""))
            for pod in pods
            for address in pod.get("status", {}).get("podIPs", ())
        },
        {
            address["address"]: node["metadata"]["name"]
            for node in nodes
            for address in node.get("status", {}).get("addresses", ())
            if address["type"] == "InternalIP"
        },
    )


def _key(obj: Object) -> str:
    return f"{obj['metadata']['namespace']}/{obj['metadata']['name']}"


def _service(service: Object, slices: Iterable[Object]) -> ServiceFacts:
    spec, status, key = service["spec"], service.get("status", {}), _key(service)
    ingress = status.get("loadBalancer", {}).get("ingress") or ()
    own = [
        each
        for each in slices
        if each["metadata"].get("labels", {}).get(SERVICE_NAME) == service["metadata"]["name"]
        and each["metadata"]["namespace"] == service["metadata"]["namespace"]
    ]
    return ServiceFacts(
        key=key,
        ips=tuple(ip for ip in spec.get("clusterIPs", ()) if ip != "None"),
        external_ips=(*(each["ip"] for each in ingress if "ip" in each), *spec.get("externalIPs", ())),
        ports=tuple(_port(port, own) for port in spec.get("ports", ())),
        local_policy=spec.get("externalTrafficPolicy") == "Local",
        source_ranges=tuple(spec.get("loadBalancerSourceRanges", ())),
        conditions={
            each["type"].rpartition("/")[2]: each.get("message", "")
            for each in status.get("conditions", ())
            if each["status"] == "False"
        },
        type=spec["type"],
        alias=spec.get("externalName", "") if spec["type"] == "ExternalName" else "",
    )


def _port(port: Object, slices: Iterable[Object]) -> ServicePort:
    found = list(_serving(port.get("name") or "", slices))
    return ServicePort(
        port["port"],
        # A trace goes by TCP or UDP; a port of SCTP is nobody's target.
        Protocol.UDP if port.get("protocol") == "UDP" else Protocol.TCP,
        port.get("nodePort", 0),
        tuple(address for address, _ in found),
        tuple(node for _, node in found),
    )


def _serving(name: str, slices: Iterable[Object]) -> Iterator[tuple[str, str]]:
    for each in slices:
        if all((port.get("name") or "") != name for port in each.get("ports") or ()):
            continue
        for endpoint in each.get("endpoints") or ():
            if endpoint.get("conditions", {}).get("serving", True) is not False:
                yield from ((address, endpoint.get("nodeName", "")) for address in endpoint["addresses"])
