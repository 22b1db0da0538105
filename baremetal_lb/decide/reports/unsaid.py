"""Delays the Event that nobody announces by a grace period, so that a normal rollout causes none."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from baremetal_lb.model.api_names import (
    EventReason,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baremetal_lb.decide.reports.condition import ConditionWanted
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.reasons import Note


@dataclass(slots=True)
class Unsaid:
    """Of which Services it is to be told that nobody announces them, and when."""

    _until: dict[ObjectKey, float] = field(default_factory=dict)
    _by_end: list[tuple[float, ObjectKey]] = field(default_factory=list)  # a heap; what is in `_until` counts

    def see(
        self, key: ObjectKey, judgement: ConditionWanted, notes: tuple[Note, ...], now: float
    ) -> Iterator[Note]:
        """A Service says something new, with these Events: those of them that are to be told now."""
        fresh = [note for note in notes if note.reason is EventReason.NOT_ANNOUNCED]
        if judgement.condition.status or fresh:
            self.drop(key)
        if fresh and judgement.grace:
            self._until[key] = now + judgement.grace
            heapq.heappush(self._by_end, (self._until[key], key))
            yield from (note for note in notes if note not in fresh)
        else:
            yield from notes

    def drop(self, key: ObjectKey) -> None:
        """It is over, or another thing."""
        self._until.pop(key, None)

    def due(self, now: float) -> Iterator[ObjectKey]:
        """The Services of which it is to be told now."""
        while self._by_end and self._by_end[0][0] <= now:
            until, key = heapq.heappop(self._by_end)
            if self._until.get(key) == until:
                del self._until[key]
                yield key

    def wake_at(self) -> tuple[float, ...]:
        """When the next one may be due."""
        return tuple(until for until, _ in self._by_end[:1])
