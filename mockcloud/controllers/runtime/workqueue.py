"""Keys that need work: each at most once in the queue, at most once at work, retried with back-off."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Final

from mockcloud.client.errors import ApiError, ApiUnreachable
from mockcloud.client.objects import Key
from mockcloud.client.odd import MALFORMED, why

LOG: Final = logging.getLogger(__name__)
FIRST_RETRY: Final = 0.01
LONGEST_RETRY: Final = 5.0
# The API is away: it will be back for all at once, and what was to be done should not wait long then.
LONGEST_OUTAGE_RETRY: Final = 0.5

Work = Callable[[Key], Awaitable[float | None]]


def retry_after(failures: int, longest: float, jitter: float) -> float:
    """Seconds to wait after the n-th failure in a row; `jitter` in 0..1 takes away up to half of it."""
    return min(FIRST_RETRY * 2.0 ** min(failures - 1, 20), longest) * (1 - jitter / 2)


class WorkQueue:
    """`work(key)` does one object; where it returns seconds, the key comes again after them."""

    def __init__(self, name: str, work: Work, *, workers: int = 4) -> None:
        self.name = name
        self._work = work
        self._workers = workers
        self._ready: asyncio.Queue[Key] = asyncio.Queue()
        self._queued: set[Key] = set()
        self._working: set[Key] = set()
        self._again: set[Key] = set()  # wanted once more while at work
        self._failures: dict[Key, int] = {}
        self._timers: dict[Key, asyncio.TimerHandle] = {}

    def add(self, key: Key) -> None:
        """Work on the key as soon as a worker is free."""
        if key in self._working:
            self._again.add(key)
        elif key not in self._queued:
            self._queued.add(key)
            self._ready.put_nowait(key)

    def add_after(self, key: Key, seconds: float) -> None:
        """Work on the key in `seconds`; an earlier appointment stands."""
        loop = asyncio.get_running_loop()
        timer = self._timers.get(key)
        if timer is not None:
            if timer.when() <= loop.time() + seconds:
                return
            timer.cancel()
        self._timers[key] = loop.call_later(seconds, self._due, key)

    async def run_workers(self) -> None:
        """Work for ever."""
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(self._workers):
                    group.create_task(self._worker(), name=f"{self.name} worker {number}")
        finally:
            for timer in self._timers.values():
                timer.cancel()

    def _due(self, key: Key) -> None:
        self._timers.pop(key, None)
        self.add(key)

    async def _worker(self) -> None:
        while True:
            key = await self._ready.get()
            self._queued.discard(key)
            self._working.add(key)
            try:
                await self._attempt(key)
            finally:
                self._working.discard(key)
            if key in self._again:
                self._again.discard(key)
                self.add(key)

    async def _attempt(self, key: Key) -> None:
        try:
            again = await self._work(key)
        except ApiUnreachable as error:
            LOG.debug("%s %s: %s", self.name, "/".join(key), error)  # the informers say it aloud
            self._retry(key, LONGEST_OUTAGE_RETRY)
        except ApiError as error:
            LOG.log(_level(error), "%s %s: %s", self.name, "/".join(key), error)
            self._retry(key, LONGEST_RETRY)
        except MALFORMED as error:
            # Of an object that is not as the API promises (or a mistake of ours): the others must not suffer.
            first = key not in self._failures
            LOG.error("%s %s failed: %s", self.name, "/".join(key), why(error), exc_info=first)
            self._retry(key, LONGEST_RETRY)
        else:
            self._failures.pop(key, None)
            if again is not None:
                self.add_after(key, again)

    def _retry(self, key: Key, longest: float) -> None:
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        self.add_after(key, retry_after(failures, longest, random.random()))


def _level(error: ApiError) -> int:
    """A lost race and a namespace on its way out are everyday; all else is worth a line."""
    return logging.DEBUG if error.status == 409 or error.namespace_ending else logging.WARNING
