"""Times: as people read them, and the clocks that durations are measured by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Times:
    """The present by several clocks, in seconds; none of them but the time of day ever steps.

    `awake` counts only while the machine is not suspended: what is not heard meanwhile is no silence
    (CLOCK_MONOTONIC). `steady` goes on, and began as the seconds since the epoch (CLOCK_BOOTTIME): a cooldown
    ends though nobody looked. `offset`: what makes `steady` the time of day as it is called now.
    """

    awake: float
    steady: float
    offset: float = 0.0

    def awake_at(self, steady: float) -> float:
        """When that will be by the other clock, unless the machine is suspended before."""
        return self.awake + (steady - self.steady)


def clock_time(seconds: float) -> str:
    """A time of day, UTC, of seconds since the epoch: `12:34:56Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%SZ")


def seconds_since(stamp: str, now: datetime) -> float | None:
    """The age of a time as the API writes it, by two machines' clocks; None where it is none."""
    try:
        return (now - datetime.fromisoformat(stamp).astimezone(UTC)).total_seconds()
    except ValueError:
        return None
