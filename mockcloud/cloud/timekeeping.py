"""The clock of a cloud that outlives its process: it goes on from where it was, at its rate."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockcloud.cloud.clock import Clock

if TYPE_CHECKING:
    from mockcloud.cloud.journal import Journal


@dataclass(frozen=True, slots=True)
class Setting:
    """What a clock showed when the machine's showed `at` (UNIX seconds), and how fast it goes since."""

    shown: float
    rate: float
    at: float

    def now(self, machine: float) -> float:
        """What it shows at another moment; never less, wherever the machine's clock was put."""
        return self.shown + max(0.0, machine - self.at) * self.rate


def clock_of(journal: Journal) -> Clock:
    """As the machine's, unless the journal's cloud had another; it is kept there whenever it is changed."""
    kept, machine = journal.clock(), time.time_ns() / 1e9
    clock = Clock(time.monotonic, machine if kept is None else Setting(*kept).now(machine))
    if kept is not None:
        clock.set_rate(Setting(*kept).rate)
    clock.watchers.append(lambda: journal.keep_clock(clock.now(), clock.rate, time.time_ns() / 1e9))
    return clock
