"""What the API says -> the facts that a trace names things by; odd objects are left out, which is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from mockcloud.client.objects import key_of
from mockcloud.client.odd import readable
from mockcloud.client.resources import ENDPOINT_SLICES, NODES, PODS, SERVICES
from mockcloud.trace.model import Cluster, Protocol, ServiceFacts, ServicePort

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mockcloud.client.rest import Client

Object = dict[str, Any]
View = TypeVar("View")
SERVICE_NAME: Final = "kubernetes.io/service-name"


class _Slice(NamedTuple):
    service: str  # key
    ports: frozenset[str]  # names
    serving: tuple[tuple[str, str], ...]  # address, node


async def read_cluster(client: Client) -> Cluster:
    """Ask for all that may be on the way."""
    lists = [(await client.list(kind))["items"] for kind in (SERVICES, ENDPOINT_SLICES, PODS, NODES)]
    return cluster_facts(*lists)


def cluster_facts(
    services: Sequence[Object], slices: Sequence[Object], pods: Sequence[Object], nodes: Sequence[Object]
) -> Cluster:
    """The four lists as facts."""
    views = list(_read("EndpointSlice", slices, _slice))
    return Cluster(
        tuple(_read("Service", services, lambda each: _service(each, views))),
        {ip: pod for each in _read("Pod", pods, _pod) for ip, pod in each.items()},
        {ip: node for each in _read("Node", nodes, _node) for ip, node in each.items()},
    )


def _read(kind: str, objects: Iterable[Object], convert: Callable[[Object], View]) -> Iterator[View]:
    for each in objects:
        view = readable(kind, key_of(each), convert, each)
        if view is not None:
            yield view


def _pod(pod: Object) -> dict[str, tuple[str, str]]:
    """By addresses of its own: at a node's, any of its programs may listen."""
    if pod["spec"].get("hostNetwork"):
        return {}
    facts = _key(pod), pod["spec"].get("nodeName", "")
    return {address["ip"]: facts for address in pod.get("status", {}).get("podIPs", ())}


def _node(node: Object) -> dict[str, str]:
    return {
        address["address"]: node["metadata"]["name"]
        for address in node.get("status", {}).get("addresses", ())
        if address["type"] == "InternalIP"
    }


def _slice(each: Object) -> _Slice:
    metadata = each["metadata"]
    return _Slice(
        f"{metadata['namespace']}/{(metadata.get('labels') or {}).get(SERVICE_NAME, '')}",
        frozenset(port.get("name") or "" for port in each.get("ports") or ()),
        tuple(
            (address, endpoint.get("nodeName") or "")
            for endpoint in each.get("endpoints") or ()
            if (endpoint.get("conditions") or {}).get("serving", True) is not False
            for address in endpoint["addresses"]
        ),
    )


def _key(obj: Object) -> str:
    return f"{obj['metadata']['namespace']}/{obj['metadata']['name']}"


def _service(service: Object, slices: Iterable[_Slice]) -> ServiceFacts:
    spec, status, key = service["spec"], service.get("status", {}), _key(service)
    ingress = status.get("loadBalancer", {}).get("ingress") or ()
    own = [each for each in slices if each.service == key]
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


def _port(port: Object, slices: Iterable[_Slice]) -> ServicePort:
    name = port.get("name") or ""
    found = [pair for each in slices if name in each.ports for pair in each.serving]
    return ServicePort(
        port["port"],
        # A trace goes by TCP or UDP; a port of SCTP is nobody's target.
        Protocol.UDP if port.get("protocol") == "UDP" else Protocol.TCP,
        port.get("nodePort", 0),
        tuple(address for address, _ in found),
        tuple(node for _, node in found),
    )
