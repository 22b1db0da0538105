"""Nodes -> the routes to their pods' ranges. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from mockcloud.node.host.network.state import Route
from mockcloud.node.host.node_object import PROVIDED_NODE_IP

Object = dict[str, Any]
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class NodeRoutes:
    """The routes to one node's pods; and what of the node was left out, with the reason."""

    routes: frozenset[Route] = frozenset()
    left_out: tuple[str, ...] = ()


def routes_to(node: Object, uplink: str, cluster: tuple[Network, ...]) -> NodeRoutes:
    """A route for each pod range of another node that says an address of the same family.

    That is its InternalIP; where a cloud's controller has left it out, the one that the node's own agent
    wrote down. The API checks none: what is no address, and a range outside of the cluster's, is left out.
    """
    spec, status = node.get("spec") or {}, node.get("status") or {}
    left_out: list[str] = []
    gateways: dict[int, str] = {}
    for source, text in (*_internal(status), *_provided(node)):
        try:
            gateways.setdefault(ip_address(text).version, text)
        except ValueError:
            left_out.append(f"{source} {text!r}: expected an IP address")
    routes: set[Route] = set()
    for text in filter(None, spec.get("podCIDRs") or [spec.get("podCIDR")]):
        network = _inside(text, cluster)
        if network is None:
            inside = ", ".join(map(str, cluster))
            left_out.append(f"podCIDR {text!r}: expected a range of addresses inside {inside}")
        elif network.version in gateways:
            routes.add(Route(str(network), gateways[network.version], uplink))
    return NodeRoutes(frozenset(routes), tuple(left_out))


def _internal(status: Object) -> Iterator[tuple[str, str]]:
    for each in status.get("addresses") or []:
        if each.get("type") == "InternalIP":
            yield "InternalIP", str(each.get("address"))


def _provided(node: Object) -> Iterator[tuple[str, str]]:
    said = ((node.get("metadata") or {}).get("annotations") or {}).get(PROVIDED_NODE_IP)
    return ((PROVIDED_NODE_IP, text.strip()) for text in str(said or "").split(",") if text.strip())


def _inside(text: str, cluster: tuple[Network, ...]) -> Network | None:
    try:
        network = ip_network(str(text))
    except ValueError:
        return None
    return network if any(_holds(each, network) for each in cluster) else None


def _holds(outer: Network, inner: Network) -> bool:
    if isinstance(outer, IPv4Network):
        return isinstance(inner, IPv4Network) and inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and inner.subnet_of(outer)
