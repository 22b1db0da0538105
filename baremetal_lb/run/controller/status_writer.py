"""Writes Services' statuses, several at a time, each by one PATCH, and tells the machine what came of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final

import structlog

from baremetal_lb.decide.controller.contention import Contention
from baremetal_lb.decide.controller.events import RetryDue, StatusRefused, StatusWritten
from baremetal_lb.decide.controller.statuses import WORKERS
from baremetal_lb.kube.errors import Conflict, KubeError, LeadUncertain, NotFound, Refused
from baremetal_lb.kube.status_writer import write_status
from baremetal_lb.kube.watch import BackOff
from baremetal_lb.run.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from baremetal_lb.decide.controller.events import Event
    from baremetal_lb.decide.service_status import StatusWrite
    from baremetal_lb.kube.client import Client, JsonObject
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.run.controller.cluster import Feed
    from baremetal_lb.run.metrics.counters import Counters

BACK_OFF: Final = BackOff(first=0.05)
log = structlog.get_logger("status")


class StatusWriter:
    """Hand writes in by `submit`. Every one is followed by an event for `feed`.

    `absorb` takes what the API answers, before that is told. `may_write`: whether nobody else can lead yet.
    """

    def __init__(
        self,
        client: Client,
        absorb: Callable[[JsonObject], None],
        counters: Counters,
        may_write: Callable[[], bool],
        feed: Feed,
    ) -> None:
        self.on_contested: Callable[[StatusWrite, float], None] = _ignore
        self._contention = Contention()
        self._put_off: dict[ObjectKey, asyncio.TimerHandle] = {}
        self._client = client
        self._absorb = absorb
        self._counters = counters
        self._may_write = may_write
        self._feed = feed
        self._queue: asyncio.Queue[StatusWrite] = asyncio.Queue()
        self._failures: Counter[ObjectKey] = Counter()  # one after the other, of writes that may yet succeed

    def submit(self, write: StatusWrite) -> None:
        """Have it written."""
        self._queue.put_nowait(write)

    async def run(self) -> None:
        """Write for ever."""
        async with asyncio.TaskGroup() as group:
            for number in range(WORKERS):
                group.create_task(self._work(), name=f"status writer {number}")

    async def _work(self) -> None:
        while True:
            write = await self._queue.get()
            if self._must_wait(write):
                self._feed(StatusRefused(write.key))  # nothing of it is on its way, and nobody waits for it
            else:
                self._feed(await self._attempt(write))

    def _must_wait(self, write: StatusWrite) -> bool:
        """Whether somebody else keeps writing other addresses: then it is tried again later."""
        loop = asyncio.get_running_loop()
        seconds = self._contention.wait(write.key, write.addresses, loop.time()) if write.replaces else 0.0
        if seconds <= 0:
            return False
        if write.key not in self._put_off:
            self.on_contested(write, seconds)
            self._put_off[write.key] = loop.call_later(seconds, self._try_again, write.key)
        return True

    def _try_again(self, key: ObjectKey) -> None:
        del self._put_off[key]
        self._feed(RetryDue(key))

    async def _attempt(self, write: StatusWrite) -> Event:
        """Write it once, or wait for as long as it takes until it may be tried again."""
        try:
            await self._write(write)
        except KubeError as exc:
            if _is_temporary(exc):
                await self._wait(write.key, exc)
                return RetryDue(write.key)
            if not isinstance(exc, NotFound):  # deleted meanwhile; the watch will say so
                self._counters.update_errors += 1
                log.error("the API refused the status", service=str(write.key), error=str(exc))
            del self._failures[write.key]
            self._contention.forget(write.key)
            return StatusRefused(write.key)
        del self._failures[write.key]
        if write.replaces and write.addresses:
            self._contention.see_written(write.key, write.addresses, asyncio.get_running_loop().time())
        return StatusWritten(write.key)

    async def _write(self, write: StatusWrite) -> None:
        if not self._may_write():
            msg = "the lease has not been renewed in time"
            raise LeadUncertain(msg)
        self._absorb(await write_status(self._client, write, utc_now()))

    async def _wait(self, key: ObjectKey, error: KubeError) -> None:
        if not isinstance(error, Conflict):
            log.warning("could not write the status, trying again", service=str(key), error=str(error))
        self._failures[key] += 1
        await asyncio.sleep(BACK_OFF.after(self._failures[key], error))


def _ignore(_write: StatusWrite, _seconds: float) -> None:
    return


def _is_temporary(error: KubeError) -> bool:
    # A conflict means that a newer version is on its way to us; a refusal may be mended by an admin.
    return isinstance(error, Conflict | Refused) or error.worth_retrying
