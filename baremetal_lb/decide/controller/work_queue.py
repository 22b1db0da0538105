"""Keys to be worked on: each once, never twice at a time, and again if it came in meanwhile."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from baremetal_lb.model.objects import ObjectKey


@dataclass(slots=True)
class WorkQueue:
    """A first-in, first-out queue of distinct keys, of which up to `workers` are in work at a time."""

    workers: int
    _queued: set[ObjectKey] = field(default_factory=set)
    _order: deque[ObjectKey] = field(default_factory=deque)
    _in_work: set[ObjectKey] = field(default_factory=set)
    _again: set[ObjectKey] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self._queued) + len(self._again)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is queued and nothing in work."""
        return not self._queued and not self._in_work

    def add(self, key: ObjectKey) -> None:
        """Queue a key; one that is in work comes again when that is done."""
        if key in self._in_work:
            self._again.add(key)
        elif key not in self._queued:
            self._queued.add(key)
            self._order.append(key)

    def take(self) -> ObjectKey | None:
        """The next key, in work from now on; None where there is none, or enough are in work."""
        if not self._order or len(self._in_work) >= self.workers:
            return None
        key = self._order.popleft()
        self._queued.discard(key)
        self._in_work.add(key)
        return key

    def done(self, key: ObjectKey) -> None:
        """A key is in work no more."""
        self._in_work.discard(key)
        if key in self._again:
            self._again.discard(key)
            self.add(key)
