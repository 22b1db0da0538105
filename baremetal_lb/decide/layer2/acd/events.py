"""What the guard of addresses is told, and what it wants done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from baremetal_lb.decide.layer2.acd.proof import Proof
from baremetal_lb.decide.timers import Tick, WakeAt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from baremetal_lb.decide.layer2.acd.claims import Claim
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.node_interfaces import Holder


@dataclass(frozen=True, slots=True)
class Assigned:
    """The node that an address is for now; None: none, or the address is gone."""

    address: IPAddress
    owner: str | None
    proof: Proof = Proof.NONE


@dataclass(frozen=True, slots=True)
class OwnersDecided:
    """What changed together; also where nothing did, after PeersSeen.

    `contested`: addresses that a node might have which is not heard, each with the nodes that may have it,
    best first; none where that is over.
    """

    assigned: tuple[Assigned, ...]
    contested: Mapping[IPAddress, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PeersSeen:
    """The nodes with a speaker that is alive, and those of them that take addresses.

    `nodes`: whose MACs are ours; empty where that is not known. `complete` is False where the MACs of some
    node that is alive are not known: then one that is not there may be ours, too. `held`: what nodes of ours
    have on an interface for themselves.
    """

    live: frozenset[str]
    taking: frozenset[str]
    nodes: Mapping[bytes, str]
    complete: bool = True
    held: Mapping[IPAddress, Holder] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClaimHeard:
    """A frame came that claims an address."""

    claim: Claim
    interface: str


@dataclass(frozen=True, slots=True)
class Announce:
    """These addresses are nobody else's: answer for them, and tell everybody."""

    addresses: tuple[IPAddress, ...]


@dataclass(frozen=True, slots=True)
class TellAgain:
    """Other nodes of ours, cut off until now, announced these as well: tell everybody of those we keep."""

    kept: tuple[IPAddress, ...]
    lost: tuple[IPAddress, ...]
    nodes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Assert:
    """A node that is not heard may have taken these for itself: tell everybody that they are ours."""

    addresses: tuple[IPAddress, ...]


@dataclass(frozen=True, slots=True)
class HeldByNode:
    """Another node of ours has a contested address, and is to keep it."""

    address: IPAddress
    node: str


@dataclass(frozen=True, slots=True)
class NotAnswered:
    """A node that is not heard does not answer for a contested address that it should have."""

    address: IPAddress
    node: str


@dataclass(frozen=True, slots=True)
class Probe:
    """Ask whether anybody has the address, without saying that we might (RFC 5227 2.1.1, RFC 4862 5.4.2)."""

    address: IPAddress


@dataclass(frozen=True, slots=True)
class Defend:
    """Tell everybody once that the address is ours."""

    address: IPAddress


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask who has the address, as any client would."""

    address: IPAddress


@dataclass(frozen=True, slots=True)
class ConflictChanged:
    """There is a conflict or a finding about the address, another one, or none any more."""

    address: IPAddress


Event: TypeAlias = OwnersDecided | PeersSeen | ClaimHeard | Tick
Command: TypeAlias = (
    Announce | TellAgain | Assert | HeldByNode | NotAnswered | Probe | Defend | Ask | ConflictChanged | WakeAt
)
