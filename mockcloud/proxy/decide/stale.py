"""Tracked UDP flows that the rules contradict: without a word from the client they would live on. Pure.

nftables asks its maps for the first packet of a flow only; what follows goes the way that was found then. So
when the rules of an address change, flows that they would not allow to be are forgotten, and the next packet
finds its way anew. kube-proxy (v1.34, pkg/proxy/conntrack) looks at the endpoints of Services that somebody
serves; here it is whatever may change: a Service that is deleted, made anew, left without endpoints, that
swaps its address with another, or that lets other sources in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final, TypeGuard

from mockcloud.proxy.decide.ledger import ABSENT, Change, Ledger
from mockcloud.proxy.decide.ruleset import Address, Servers, Slot
from mockcloud.proxy.decide.views import Family, NodeView, Protocol, Target

DENIALS: Final = (Slot.NO_ENDPOINTS, Slot.NO_NODE_PORT_ENDPOINTS)
SLOTS: Final = (Slot.SERVERS, *DENIALS)
NOBODY: Final = Servers(frozenset(), frozenset())

Standing = Servers | None
"""Who may answer flows to an address; None where no Service has it, so that it is not ours to rewrite."""
Standings = Mapping[Target, Standing]


@dataclass(frozen=True, slots=True)
class Flow:
    """A UDP connection as the kernel tracks it."""

    source: str  # the client's address
    to: Target  # as the client addressed it
    server: Target  # who answers
    hidden: bool = False  # whether the server sees another address than the client's
    tuple: bytes = b""  # the kernel's own name for it: the CTA_TUPLE_ORIG of its listing


def changed(ledger: Ledger, changes: Iterable[Change]) -> dict[Target, Standing]:
    """How the UDP addresses stand whose rules were changed so; the ledger knows the changes already."""
    keys = (change.key for change in changes if change.slot in SLOTS)
    return {_place(key): _standing(ledger, key) for key in keys if _is_udp(key)}


def everything(ledger: Ledger) -> dict[Target, Standing]:
    """How all UDP addresses stand that the rules name."""
    return changed(ledger, ledger.contents())


def contradicted(flows: Iterable[Flow], standings: Standings, node: NodeView, family: Family) -> list[Flow]:
    """The flows to these addresses that could not begin as they are now."""
    own = {str(ip) for ip in (*node.ips, *node.node_port_ips)}
    pods = node.cluster_cidr(family)

    def is_inside(source: str) -> bool:
        return source in own or (pods is not None and ip_address(source) in pods)

    return [
        flow
        for flow in flows
        if flow.to in standings and _contradicts(flow, standings[flow.to], inside=is_inside(flow.source))
    ]


def orphaned(flows: Iterable[Flow], standings: Standings, node: NodeView, family: Family) -> list[Flow]:
    """The flows that were led to pods, to addresses that are none of these. `standings` are all there are."""
    pods = node.cluster_cidr(family)
    return [
        flow
        for flow in flows
        if flow.to not in standings
        and flow.server != flow.to
        and pods is not None
        and ip_address(flow.server.ip) in pods
    ]


def _contradicts(flow: Flow, standing: Standing, *, inside: bool) -> bool:
    if standing is None:
        return flow.server != flow.to
    if flow.server not in (standing.inside if inside else standing.outside):
        return True
    if standing.sources is not None:
        source = ip_address(flow.source)
        if not any(source in ip_network(network) for network in standing.sources):
            return True
    return standing.keep_source and flow.hidden and not inside


def _standing(ledger: Ledger, address: Address) -> Standing:
    servers = ledger.value(Slot.SERVERS, address)
    if isinstance(servers, Servers):
        return servers
    denied = any(ledger.value(slot, address) is not ABSENT for slot in DENIALS)
    return NOBODY if denied else None


def _is_udp(key: object) -> TypeGuard[Address]:
    return isinstance(key, Address) and key.protocol is Protocol.UDP


def _place(address: Address) -> Target:
    return Target(address.ip, address.port)
