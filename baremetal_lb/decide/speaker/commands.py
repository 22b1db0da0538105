"""What a speaker's machine wants done, in this order. None of it may wait for another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from baremetal_lb.decide.layer2.acd.events import Ask, Defend, Probe
from baremetal_lb.decide.layer2.gratuitous import SendGratuitous
from baremetal_lb.decide.timers import WakeAt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from baremetal_lb.decide.layer2.ownership import Decision
    from baremetal_lb.model.addresses import AddressRange, IPAddress
    from baremetal_lb.model.announcements import Verdict
    from baremetal_lb.model.conflicts import Conflict, Finding
    from baremetal_lb.model.membership import NotHeard, Uplink
    from baremetal_lb.model.services import ServiceView


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer requests for these addresses from now on, on all ports that they are announced on."""

    addresses: tuple[IPAddress, ...]


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Answer no more for these addresses."""

    addresses: frozenset[IPAddress]


@dataclass(frozen=True, slots=True)
class Rebind:
    """Look anew at which address is answered for on which port; to be followed by Rebound."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Claims on addresses in these ranges are of interest."""

    ranges: tuple[AddressRange, ...]


@dataclass(frozen=True, slots=True)
class LookAtRoutes:
    """The entries of the pools changed, and with them whose routes matter."""


@dataclass(frozen=True, slots=True)
class TellPeers:
    """Heartbeats say from now on that these interfaces can be announced on, the most important first."""

    uplinks: tuple[Uplink, ...]


@dataclass(frozen=True, slots=True)
class AskApi:
    """See whether the API answers; to be followed by ApiAnswered where it does."""


@dataclass(frozen=True, slots=True)
class Began:
    """The first decision was made, and what follows from it precedes this."""


@dataclass(frozen=True, slots=True)
class Decided:
    """For counting: what was decided. What follows from it comes after this."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class TellVerdict:
    """Another verdict on a Service is true by now. `service`: as it is; None where it went."""

    before: Verdict | None
    verdict: Verdict
    service: ServiceView | None


@dataclass(frozen=True, slots=True)
class TellLabel:
    """Whether the exclude label is ignored since every node that could announce has it."""

    waived: bool


@dataclass(frozen=True, slots=True)
class TellConflict:
    """There is a conflict or a finding about an address, another one, or none any more."""

    address: IPAddress
    conflict: Conflict | None
    finding: Finding | None


@dataclass(frozen=True, slots=True)
class TellPartition:
    """These nodes were cut off until now, and have announced the same addresses; some we keep."""

    nodes: frozenset[str]
    kept: tuple[IPAddress, ...]
    lost: tuple[IPAddress, ...]


@dataclass(frozen=True, slots=True)
class TellUnheard:
    """Nodes that are Ready and have not been heard for so long that people have to know; none: it is over."""

    reasons: Mapping[str, NotHeard]


@dataclass(frozen=True, slots=True)
class ReportChanged:
    """What the report says is another thing now."""


Command: TypeAlias = (
    Answer
    | Withdraw
    | Rebind
    | Listen
    | LookAtRoutes
    | TellPeers
    | AskApi
    | Began
    | Decided
    | SendGratuitous
    | Probe
    | Ask
    | Defend
    | TellVerdict
    | TellLabel
    | TellConflict
    | TellPartition
    | TellUnheard
    | ReportChanged
    | WakeAt
)
