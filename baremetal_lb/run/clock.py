"""The one place where the wall clock is read; everybody else is told the time.

A wall clock steps: NTP sets it at boot, an admin sets it back. So it names times for people and for other
machines, and no duration is measured by it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def utc_now() -> datetime:
    """The time of day, for Events, conditions and whatever else is to be read."""
    return datetime.now(UTC)  # noqa: TID251 - this is the edge


def since_boot() -> float:
    """Seconds since the boot, also those for which the machine was suspended; it never steps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class SteadyClock:
    """Seconds since the epoch as the wall clock had it when this was made, and steadily on from there.

    `offset` is what to add for the time of day as it is called now: 0 until the wall clock steps.
    """

    def __init__(
        self, wall: Callable[[], datetime] = utc_now, steady: Callable[[], float] = since_boot
    ) -> None:
        self._wall, self._steady = wall, steady
        self._began = wall().timestamp() - steady()

    def now(self) -> float:
        """The time, for durations."""
        return self._began + self._steady()

    @property
    def offset(self) -> float:
        """In whole seconds, so that a slewed clock does not change what was told."""
        return float(round(self._wall().timestamp() - self.now()))
