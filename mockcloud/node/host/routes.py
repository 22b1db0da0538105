"""Nodes -> the routes to their pods' ranges. Pure."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network
from typing import Any

from mockcloud.node.host.network.state import Route

Object = dict[str, Any]


def desired_routes(nodes: Iterable[Object], own_name: str, uplink: str) -> frozenset[Route]:
    """A route for each pod range of each other node that says an InternalIP of the same family."""
    return frozenset(
        route for node in nodes if node["metadata"]["name"] != own_name for route in _routes_to(node, uplink)
    )


def _routes_to(node: Object, uplink: str) -> Iterator[Route]:
    spec, status = node.get("spec") or {}, node.get("status") or {}
    ranges = spec.get("podCIDRs") or [spec.get("podCIDR")]
    internal = [
        found["address"] for found in status.get("addresses") or [] if found.get("type") == "InternalIP"
    ]
    for text in filter(None, ranges):
        network = ip_network(text)
        gateway = next((ip for ip in internal if ip_address(ip).version == network.version), None)
        if gateway is not None:
            yield Route(str(network), gateway, uplink)
