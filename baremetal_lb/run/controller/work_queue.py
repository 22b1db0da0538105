"""Keys to be worked on: each once, never by two workers at a time, and again if it came in meanwhile."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from baremetal_lb.model.objects import ObjectKey


class WorkQueue:
    """A first-in, first-out queue of distinct keys."""

    def __init__(self) -> None:
        self.idle = asyncio.Event()  # nothing queued and nothing in work
        self.idle.set()
        self._queued: set[ObjectKey] = set()
        self._order: deque[ObjectKey] = deque()
        self._in_work: set[ObjectKey] = set()
        self._again: set[ObjectKey] = set()
        self._ready = asyncio.Semaphore(0)

    def __len__(self) -> int:
        return len(self._queued) + len(self._again)

    def add(self, key: ObjectKey) -> None:
        """Queue a key; one that is in work comes again when that is done."""
        self.idle.clear()
        if key in self._in_work:
            self._again.add(key)
        elif key not in self._queued:
            self._queued.add(key)
            self._order.append(key)
            self._ready.release()

    @asynccontextmanager
    async def take(self) -> AsyncIterator[ObjectKey]:
        """The next key, in work until the block ends."""
        await self._ready.acquire()
        key = self._order.popleft()
        self._queued.discard(key)
        self._in_work.add(key)
        try:
            yield key
        finally:
            self._in_work.discard(key)
            if key in self._again:
                self._again.discard(key)
                self.add(key)
            elif not self._queued and not self._in_work:
                self.idle.set()
