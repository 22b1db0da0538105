"""Brings Services' statuses in line with what was decided, several at a time, each by one PATCH."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from baremetal_lb.decide import service_status
from baremetal_lb.decide.handover import Turns, Wait
from baremetal_lb.decide.service_status import StatusWrite
from baremetal_lb.kube.errors import Conflict, KubeError, LeadUncertain, NotFound, Refused
from baremetal_lb.kube.status_writer import write_status
from baremetal_lb.kube.watch import BackOff
from baremetal_lb.run.clock import utc_now
from baremetal_lb.run.controller.work_queue import WorkQueue

if TYPE_CHECKING:
    from collections.abc import Callable

    from baremetal_lb.decide.ipam.allocator import Allocator
    from baremetal_lb.decide.reports.aggregator import Gathering
    from baremetal_lb.kube.client import Client, JsonObject
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.run.metrics.counters import Tally

WORKERS: Final = 16
log = structlog.get_logger("status")


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided of all Services: their addresses, and what they say of who announces these."""

    allocator: Allocator
    gathering: Gathering
    turns: Turns = field(default_factory=Turns)

    def due(self, key: ObjectKey) -> StatusWrite | Wait | None:
        """What is to be written of a Service now."""
        view = self.allocator.view(key)
        if view is None:
            return None
        outcome = self.turns.next_step(key, self.allocator.outcomes.get(key), self.allocator.shown)
        if isinstance(outcome, Wait):
            return outcome
        return service_status.write(view, outcome, self.gathering.conditions.get(key))


class StatusDesk:
    """Hand keys in by `submit`; `run` writes what `decide.status.write` finds missing at that moment."""

    def __init__(
        self,
        client: Client,
        decided: Decided,
        absorb: Callable[[JsonObject], None],
        tally: Tally,
        may_write: Callable[[], bool],
    ) -> None:
        self.queue = WorkQueue()
        self._may_write = may_write
        self._tally = tally
        self._since: dict[ObjectKey, float] = {}
        self._client = client
        self._decided = decided
        self._absorb = absorb

    def submit(self, key: ObjectKey, since: float) -> None:
        """Have a Service's status written, where anything is to be, and of those that waited for its change.

        `since` by the loop's clock.
        """
        for each in (key, *self._decided.turns.waiting_for(key)):
            due = self._decided.due(each)
            if due is not None:
                self._since.setdefault(each, since)
            if isinstance(due, StatusWrite):
                self.queue.add(each)

    async def run(self) -> None:
        """Write for ever."""
        async with asyncio.TaskGroup() as group:
            for number in range(WORKERS):
                group.create_task(self._work(), name=f"status writer {number}")

    async def _work(self) -> None:
        while True:
            async with self.queue.take() as key:
                await self._settle(key)

    async def _settle(self, key: ObjectKey) -> None:
        """Write until it is done, is no longer needed, or will never be accepted."""
        retrying = AsyncRetrying(
            wait=BackOff(first=0.05),
            retry=retry_if_exception(_temporary),
            before_sleep=_log_retry,
            reraise=True,
        )
        try:
            await retrying(self._write, key)
        except NotFound:
            return  # deleted meanwhile; the watch will say so
        except KubeError as exc:
            self._tally.update_errors += 1
            log.error("status not accepted", service=str(key), error=str(exc))
        finally:
            if not self._decided.turns.is_waiting(key):
                self._since.pop(key, None)

    async def _write(self, key: ObjectKey) -> None:
        write = self._decided.due(key)
        if not isinstance(write, StatusWrite):
            return  # nothing to say any more, or not yet: whoever is waited for will have it submitted again
        if not self._may_write():
            msg = "the lease has not been renewed in time"
            raise LeadUncertain(msg)
        view = self._decided.allocator.view(key)
        self._absorb(await write_status(self._client, write, utc_now()))
        if view is not None and len(write.addresses) > len(view.status.addresses) and key in self._since:
            self._tally.allocation.add(asyncio.get_running_loop().time() - self._since.pop(key))


def _temporary(error: BaseException) -> bool:
    # A conflict means that a newer version is on its way to us; a refusal may be mended by an admin.
    return isinstance(error, Conflict | Refused) or (isinstance(error, KubeError) and error.worth_retrying)


def _log_retry(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, Conflict):
        log.warning("status not written, trying again", service=str(state.args[0]), error=str(error))
