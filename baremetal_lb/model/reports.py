"""What one speaker reports: what it announces, what is wrong with that, and what nobody announces."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.conflicts import Conflict, Finding
    from baremetal_lb.model.places import Place


@dataclass(frozen=True, slots=True)
class Out:
    """Nodes that may not announce for the same reason: a NodeOut, or one that only a newer speaker knows."""

    why: str
    nodes: tuple[str, ...]
    more: int = 0  # nodes that are not named


@dataclass(frozen=True, slots=True)
class Silence:
    """Addresses that nobody announces for the same reason: a Standing, and each node's own where known."""

    why: str
    addresses: tuple[IPAddress, ...]
    out: tuple[Out, ...] = ()


@dataclass(frozen=True, slots=True)
class Left:
    """An address that had to be left to somebody who had it first; `at` in seconds since the epoch."""

    conflict: Conflict
    at: int


@dataclass(frozen=True, slots=True)
class Deaf:
    """The nodes that are Ready and whose heartbeats do not come to a speaker, and the UDP port of these."""

    port: int
    nodes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"no heartbeats on UDP {self.port} from {', '.join(self.nodes)}" if self.nodes else ""


HEARS_ALL: Final = Deaf(0)


@dataclass(frozen=True, slots=True)
class Report:
    """All that a speaker reports of its node; `omitted` addresses had no room."""

    node: str
    announced: tuple[Place, ...] = ()
    silences: tuple[Silence, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    findings: tuple[Finding, ...] = ()
    left: tuple[Left, ...] = ()
    omitted: int = 0
    seen: int | None = None  # the newest version of a Service that it had seen; None: it does not say
    deaf: Deaf = HEARS_ALL
    held: bool = False  # it announces nothing, as a person wants it


class Flaw(StrEnum):
    """Why a report counts for nothing."""

    TOO_LONG = "tooLong"
    MALFORMED = "malformed"
    VERSION = "version"
    OTHER_NODE = "otherNode"  # a speaker may speak of its own node only


@dataclass(frozen=True, slots=True)
class Unusable:
    """A report that counts for nothing: why, and in words."""

    flaw: Flaw
    detail: str
