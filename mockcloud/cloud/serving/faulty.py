"""What each dialect's requests go through: faults that were ordered, and the list of calls."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from mockcloud.cloud.core.values import Failure
from mockcloud.cloud.faults import Point

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockcloud.cloud.calls import CallLog
    from mockcloud.cloud.faults import FaultRule, Faults
    from mockcloud.cloud.service import CloudService


@dataclass(frozen=True, slots=True)
class Subject:
    """A request, as faults and the list of calls know it; `shown` is its path with all that belongs to it."""

    dialect: str
    method: str
    path: str
    shown: str
    reads: bool  # it changes nothing, so that no operation of its can fail


@dataclass(frozen=True, slots=True)
class Answer:
    """`code`: the error's, by the dialect; empty where it is none."""

    response: web.Response
    code: str = ""


@dataclass(frozen=True, slots=True)
class Gauntlet:
    """Faults before, in and after the handling of a request."""

    cloud: CloudService
    calls: CallLog
    faults: Faults

    async def run(
        self, request: web.Request, subject: Subject, handle: Callable[[FaultRule | None], Answer]
    ) -> web.StreamResponse:
        """`handle` gets the fault that it has to answer with, if there is one with a status."""
        method, path = subject.method, subject.path
        struck = self.faults.strike(Point.REQUEST, method, path)
        if struck is not None:
            await asyncio.sleep(struck.delay)
        lags = self.faults.strike(Point.READ, method, path) if subject.reads else None
        with self.cloud.behind(lags.lag) if lags is not None else contextlib.nullcontext():
            answer = self._handle(subject, struck if struck is not None and struck.status else None, handle)
        status = answer.response.status
        lost = self.faults.strike(Point.ANSWER, method, path) if status < 400 else None
        ordered = struck or lost or lags
        self.calls.note(
            self.cloud.clock.now(),
            (subject.dialect, method, subject.shown),
            status,
            answer.code,
            f"{ordered.id}" if ordered is not None else "",
        )
        if lost is not None:
            await asyncio.sleep(lost.delay)
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        return answer.response

    def _handle(
        self, subject: Subject, struck: FaultRule | None, handle: Callable[[FaultRule | None], Answer]
    ) -> Answer:
        fails = None
        if not subject.reads and struck is None:
            fails = self.faults.strike(Point.OPERATION, subject.method, subject.path)
        if fails is not None and fails.stuck:
            self.cloud.next_is_stuck = True
        elif fails is not None:
            self.cloud.next_failure = Failure(fails.code or "action_failed", fails.message)
        try:
            return handle(struck)
        finally:
            self.cloud.next_failure, self.cloud.next_is_stuck = None, False
