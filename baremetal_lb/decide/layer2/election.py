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
from baremetal_lb.model.services import TrafficPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from baremetal_lb.model.addresses import IPAddress

NO_WEIGHTS: Final[Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Election:
    """The winner, None where nobody may announce; and why each of the others that may not, may not.

    `ranking`: those who could have it, best first.
    """

    owner: str | None
    out: Mapping[str, NodeOut]
    ranking: tuple[str, ...] = ()


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
