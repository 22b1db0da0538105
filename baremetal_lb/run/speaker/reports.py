"""Writes this speaker's own object: what it announces, and what is wrong with that, for the controller."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type

from baremetal_lb.decide.reports.compose import Troubles, YieldedAddresses, compose
from baremetal_lb.decide.reports.text import write
from baremetal_lb.kube.errors import KubeError, NotFound, reason_of
from baremetal_lb.kube.reports import speaker_object
from baremetal_lb.kube.resources import CONFIG_MAPS, NODES
from baremetal_lb.kube.retry_log import RetryLog
from baremetal_lb.kube.watch import BackOff
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.reports import HEARS_ALL, Deaf
from baremetal_lb.run.clock import SteadyClock, utc_now

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from baremetal_lb.kube.client import Client
    from baremetal_lb.model.conflicts import Conflict, Finding
    from baremetal_lb.run.speaker.announcement_state import AnnouncementState

PACE: Final = 1.0  # seconds between two writes, at least
BEAT: Final = 10.0  # seconds between two writes, at most
FAREWELL: Final = 1.0  # seconds that a stop may take for it
log = structlog.get_logger("reporting")


async def _at_once() -> None:
    return


@dataclass(frozen=True, slots=True)
class ReportSources:
    """Where a report comes from. `for_all`: whether this speaker tells why nobody announces."""

    announcement_state: AnnouncementState
    conflicts: Callable[[], Sequence[Conflict]] = tuple
    findings: Callable[[], Sequence[Finding]] = tuple
    for_all: Callable[[], bool] = lambda: True
    rules_stand: Callable[[], Awaitable[None]] = _at_once  # awaited before anything new is told
    deaf: Callable[[], Deaf] = lambda: HEARS_ALL


class ReportWriter:
    """One speaker's object in `namespace`. Whoever changes a source notes it on the AnnouncementState."""

    def __init__(self, client: Client, namespace: str, node: str, sources: ReportSources) -> None:
        self._client = client
        self._where = ObjectKey(namespace, node)
        self._sources = sources
        self._complain = RetryLog(log, "could not write the report, trying again", report=str(self._where))
        self._yielded = YieldedAddresses()
        self._clock = SteadyClock()
        self._node_uid: str | None = None
        self._written = ""
        self._written_at = float("-inf")

    async def run(self) -> None:
        """Write whenever there is something new, and now and then as a sign of life, until cancelled."""
        announcement_state = self._sources.announcement_state
        while True:
            version = announcement_state.version
            await self._keep_trying()
            await asyncio.sleep(PACE)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(self._written_at + BEAT):
                    await announcement_state.after(version)

    def write_again(self) -> None:
        """What was written is gone."""
        self._written = ""
        self._sources.announcement_state.note_change()

    async def farewell(self) -> None:
        """Take the object away: this speaker announces nothing any more. Tried once."""
        try:
            async with asyncio.timeout(FAREWELL):
                await self._client.delete(CONFIG_MAPS, self._where.name, self._where.namespace)
        except NotFound:
            return
        except (KubeError, TimeoutError) as exc:
            log.info("could not delete the report", report=str(self._where), error=reason_of(exc))

    async def _keep_trying(self) -> None:
        # The namespace may be made after us, and rights may be given later.
        retrying = AsyncRetrying(
            wait=BackOff(), retry=retry_if_exception_type(KubeError), before_sleep=self._complain
        )
        await retrying(self._write)

    async def _write(self) -> None:
        """Write what is so at this moment over whatever stands there, where it is new or a beat is due."""
        now, report = asyncio.get_running_loop().time(), self._compose()
        if report == self._written and now < self._written_at + BEAT:
            return
        if report != self._written:
            await self._sources.rules_stand()
        if self._node_uid is None:
            self._node_uid = await self._owner()
        body = speaker_object(self._where, self._node_uid, report, utc_now())
        try:
            await self._client.replace(CONFIG_MAPS, body)
        except NotFound:
            self._node_uid = await self._owner()  # perhaps it went with a Node that was made anew
            body = speaker_object(self._where, self._node_uid, report, utc_now())
            await self._client.create(CONFIG_MAPS, body)
        self._written, self._written_at = report, now

    async def _owner(self) -> str | None:
        raw = await self._client.find(NODES, self._where.name)
        return raw["metadata"]["uid"] if raw else None

    def _compose(self) -> str:
        sources, announcing = self._sources, self._sources.announcement_state.now()
        conflicts = sources.conflicts()
        self._yielded.see(conflicts, announcing.announcements, self._clock.now())
        left = self._yielded.told(self._clock.offset)
        troubles = Troubles(conflicts, sources.findings(), left, sources.deaf())
        return write(compose(announcing, troubles, for_all=sources.for_all()))
