"""From what speakers report to what Services say: without haste where thousands change at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.reports.aggregator import Aggregator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from baremetal_lb.decide.reports.aggregator import Changes
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.conflicts import Occupant
    from baremetal_lb.model.objects import ObjectKey

BREATH: Final = 0.02  # seconds between two looks at what is new
BATCH: Final = 10
PACE: Final = 100  # Services a second
NEVER: Final = float("inf")


@dataclass(slots=True)
class Publisher:
    """When to aggregate, and which Services to write then. Times are of the clock that `aggregator` has.

    Call `hear` whenever `aggregator` was told something. Nothing follows before all reports that were there
    are told: `see_all_reports`. A speaker that is not listed yet would be one that is silent.
    """

    aggregator: Aggregator = field(default_factory=Aggregator)
    has_all_reports: bool = False
    _has_news: bool = False
    _breath_until: float = 0.0
    _wake_at: float = NEVER  # when time alone may change something
    _owed: dict[ObjectKey, None] = field(default_factory=dict)  # Services that should say something else
    _next_batch: float = 0.0
    _in_use: Mapping[IPAddress, Occupant] = field(default_factory=dict)  # as last told

    def hear(self) -> None:
        """There may be something new."""
        self._has_news = True

    def see_all_reports(self) -> None:
        """Every report that was there before us is told."""
        self.has_all_reports = self._has_news = True

    def aggregate(self, now: float) -> Changes | None:
        """What follows from what was heard, and from the time; None where it is not time to look."""
        if now < self._aggregation_due():
            return None
        self._has_news, self._breath_until = False, now + BREATH
        changes = self.aggregator.settle(now)
        self._wake_at = NEVER if changes.wake_at is None else changes.wake_at
        self._owed.update(dict.fromkeys(changes.changed))
        return changes

    def in_use(self) -> Mapping[IPAddress, Occupant] | None:
        """Who else has addresses that Services hold, where that is another thing than the last time."""
        if self._in_use == self.aggregator.in_use:
            return None
        self._in_use = dict(self.aggregator.in_use)
        return self._in_use

    def next_batch(self, now: float, *, is_busy: bool) -> tuple[ObjectKey, ...]:
        """The Services to be written now: a few at a time, and none while something more urgent waits.

        What changes twice is written once.
        """
        if not self._owed or now < self._next_batch:
            return ()
        self._next_batch = now + BATCH / PACE
        batch = () if is_busy else tuple(islice(self._owed, BATCH))
        for key in batch:
            del self._owed[key]
        return batch

    def wake_at(self) -> float:
        """When to come again; NEVER where only news can change something."""
        return min(self._aggregation_due(), self._next_batch if self._owed else NEVER)

    def _aggregation_due(self) -> float:
        if not self.has_all_reports:
            return NEVER
        return self._breath_until if self._has_news else max(self._wake_at, self._breath_until)
