"""Tracked UDP flows to endpoints that are gone: without a word from the client they would live on. Pure.

The rule is kube-proxy's (v1.34, pkg/proxy/conntrack): flows to a Service whose answering side is none of
its serving endpoints are forgotten, whatever the policies; a Service that nobody serves keeps its flows.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mockcloud.node.services.decide.views import (
    EndpointView,
    Family,
    PortView,
    Protocol,
    ServiceView,
    Target,
    family_of,
)


@dataclass(frozen=True, slots=True)
class Flow:
    """A UDP connection as the kernel tracks it."""

    to: Target  # as the client addressed it
    server: Target  # who answers
    tuple: bytes = b""  # the kernel's own name for it: the CTA_TUPLE_ORIG of its listing


@dataclass(frozen=True, slots=True)
class Front:
    """One UDP port of a Service: where it is reached, and who may answer."""

    addresses: frozenset[Target]
    node_port: int  # at any address; 0 where it has none
    servers: frozenset[Target]


def udp_fronts(
    service: ServiceView, endpoints: Iterable[tuple[PortView, Sequence[EndpointView]]], family: Family
) -> Iterator[Front]:
    """The Service's UDP ports that some endpoint serves."""
    ips = [
        ip for ip in (*service.cluster_ips, *service.external_ips, *service.vips) if family_of(ip) is family
    ]
    for port, found in endpoints:
        servers = frozenset(one.target for one in found if one.serving)
        if port.protocol is Protocol.UDP and servers:
            addresses = frozenset(Target(str(ip), port.port) for ip in ips)
            yield Front(addresses, port.node_port, servers)


def stale(flows: Iterable[Flow], fronts: Iterable[Front]) -> list[Flow]:
    """The flows to one of the fronts that none of its servers answers."""
    by_address: dict[Target, frozenset[Target]] = {}
    by_node_port: dict[int, frozenset[Target]] = {}
    for front in fronts:
        by_address.update(dict.fromkeys(front.addresses, front.servers))
        if front.node_port:
            by_node_port[front.node_port] = front.servers
    return [
        flow
        for flow in flows
        for servers in (by_address.get(flow.to), by_node_port.get(flow.to.port))
        if servers is not None and flow.server not in servers
    ]
