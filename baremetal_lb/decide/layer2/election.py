"""Which node announces: rendezvous hashing over the nodes that may.

Every speaker computes the same answer from the same view, alone. A node that goes moves only its own
addresses; one that comes takes about its share from each of the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from baremetal_lb.model.announcements import NodeOut
from baremetal_lb.model.membership import TAKING, MemberState
from baremetal_lb.model.services import TrafficPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.membership import Uplink
    from baremetal_lb.model.nodes import NodeView
    from baremetal_lb.model.pools import Placement

NO_WEIGHTS: Final[Mapping[str, int]] = MappingProxyType({})
EXCLUDE_LABEL: Final = "node.kubernetes.io/exclude-from-external-load-balancers"


_OUT: Final = {
    MemberState.SETTLING: NodeOut.SPEAKER_SETTLING,
    MemberState.RETURNING: NodeOut.SPEAKER_RETURNING,
    MemberState.LEAVING: NodeOut.SPEAKER_LEAVING,
    MemberState.CUT_OFF: NodeOut.CUT_OFF,
}


@dataclass(frozen=True, slots=True)
class Election:
    """The winner, None where nobody may announce; and why each of the others that may not, may not.

    `ranking`: those who could have it, best first.
    """

    owner: str | None
    out: Mapping[str, NodeOut]
    ranking: tuple[str, ...] = ()


def why_out(node: NodeView, *, ignore_exclude_label: bool = False) -> NodeOut | None:
    """Why a node may announce nothing at all; None where it may. The label counts whatever its value."""
    if not node.ready:
        return NodeOut.NOT_READY
    if node.network_unavailable:
        return NodeOut.NETWORK_UNAVAILABLE
    if EXCLUDE_LABEL in node.labels and not ignore_exclude_label:
        return NodeOut.EXCLUDED_BY_LABEL
    return None


def why_unmanned(state: MemberState | None) -> NodeOut | None:
    """Why the speaker of a node may announce nothing, by what it says of itself; None: it is not alive."""
    if state is None:
        return NodeOut.NO_SPEAKER
    return None if state in TAKING else _OUT[state]


def why_unlinked(
    uplinks: Sequence[Uplink], placements: Iterable[Placement], *, ipv6: bool = False
) -> NodeOut | None:
    """Why a node with these interfaces may not announce; None where each placement reaches a steady one.

    `ipv6`: whether there is an IPv6 address among those to be announced.
    """
    if not uplinks:
        return NodeOut.NO_INTERFACE
    reached = [[each for each in uplinks if placement.reaches(each.name)] for placement in placements]
    if not all(reached):
        return NodeOut.INTERFACE_MISSING
    if ipv6:
        reached = [[each for each in those if each.ipv6] for those in reached]
        if not all(reached):
            return NodeOut.IPV6_OFF
    steady = all(any(each.steady for each in those) for those in reached)
    return None if steady else NodeOut.INTERFACE_RETURNING


def may_announce(policy: TrafficPolicy, serving: frozenset[str], fit: Iterable[str]) -> frozenset[str]:
    """The fit nodes whence a Service's traffic reaches an endpoint: with Local only those that have one."""
    if policy is TrafficPolicy.LOCAL:
        return serving.intersection(fit)
    return frozenset(fit) if serving else frozenset()


def rank(candidates: Iterable[str], address: IPAddress) -> list[str]:
    """The candidates, best first: by sha256 of the node's name and the address, as MetalLB has it."""
    suffix = f"#{address}".encode()
    return sorted(candidates, key=lambda node: sha256(node.encode() + suffix).digest())


def elect(
    why: Mapping[str, NodeOut | None],
    candidates: frozenset[str],
    address: IPAddress,
    weights: Mapping[str, int] = NO_WEIGHTS,
) -> Election:
    """The owner of an address: the first in rank of those candidates that weigh most.

    `why` says of every node why it may not announce; who may, and is no candidate, lacks an endpoint.
    """
    out = {name: each or NodeOut.NO_LOCAL_ENDPOINT for name, each in why.items() if name not in candidates}
    most = max((weights.get(name, 0) for name in candidates), default=0)
    ranked = rank((name for name in candidates if weights.get(name, 0) == most), address)
    return Election(ranked[0] if ranked else None, out, tuple(ranked))
