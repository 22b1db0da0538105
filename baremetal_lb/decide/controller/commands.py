"""What a controller's machine wants done, in this order. None of it may wait for another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from baremetal_lb.decide.timers import WakeAt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from baremetal_lb.decide.pools.overlaps import Claimed
    from baremetal_lb.decide.service_status import StatusWrite
    from baremetal_lb.model.api_names import Reason
    from baremetal_lb.model.objects import Subject
    from baremetal_lb.model.reasons import Note


@dataclass(frozen=True, slots=True)
class JudgeConfig:
    """Parse this text, which may take a second; to be followed by ConfigJudged. `claimed`: others' ranges."""

    text: str | None
    claimed: Sequence[Claimed]


@dataclass(frozen=True, slots=True)
class WriteStatus:
    """Write this, to be followed by StatusWritten, StatusRefused or RetryDue. One at a time of a Service."""

    write: StatusWrite


@dataclass(frozen=True, slots=True)
class WriteVerdict:
    """Write on the ConfigMap what became of it."""

    verdict: str


@dataclass(frozen=True, slots=True)
class MakeNamespace:
    """The namespace that speakers write in is gone: make it anew."""


@dataclass(frozen=True, slots=True)
class Record:
    """Write an Event, when no status waits to be written. `refusal`: which "no" it tells to a Service."""

    subject: Subject
    note: Note
    refusal: Reason | None = None


class ConfigNews(Enum):
    """What there is to say of the ConfigMap."""

    ACCEPTED = "its pools, by name"
    REJECTED = "its faults"
    MISSING = "what is in force instead"
    FOREIGN = "what a pool has that is somebody else's"


@dataclass(frozen=True, slots=True)
class TellConfig:
    """For the log. `gone_stale`: what is in force was the newest until now."""

    news: ConfigNews
    details: tuple[str, ...]
    gone_stale: bool = False


@dataclass(frozen=True, slots=True)
class Began:
    """The first decision was made, and what follows from it precedes this."""


@dataclass(frozen=True, slots=True)
class Allocated:
    """For counting: a Service has an address that long after it was seen to lack one."""

    seconds: float


Command: TypeAlias = (
    JudgeConfig
    | WriteStatus
    | WriteVerdict
    | MakeNamespace
    | Record
    | TellConfig
    | Began
    | Allocated
    | WakeAt
)
