"""Kubernetes Events, written when nothing more urgent is to be. A lost Event is logged, never fatal."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from typing import TYPE_CHECKING, Final

import structlog
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt

from baremetal_lb.kube.errors import KubeError, NotFound, Refused
from baremetal_lb.kube.resources import EVENTS
from baremetal_lb.kube.watch import BackOff

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from baremetal_lb.kube.client import Client, JsonObject
    from baremetal_lb.model.objects import Subject
    from baremetal_lb.model.reasons import Note
    from baremetal_lb.model.rights import Right

LIMIT: Final = 20_000
ATTEMPTS: Final = 6
log = structlog.get_logger("events")


class EventRecorder:
    """Takes notes at any time; `run` posts them, one at a time, while `quiet` is set."""

    def __init__(
        self, client: Client, component: str, quiet: asyncio.Event, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._component = component
        self._quiet = quiet
        self._clock = clock
        self._queue: deque[JsonObject] = deque(maxlen=LIMIT)
        self._wake = asyncio.Event()
        self._said_missing: set[Right] = set()

    def record(self, subject: Subject, note: Note) -> None:
        """Take an Event down, with the present time. The oldest is dropped where far too many wait."""
        self._queue.append(render(subject, note, self._component, self._clock()))
        self._wake.set()

    async def run(self) -> None:
        """Post what was taken down, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                await self._quiet.wait()
                await self._post(self._queue.popleft())

    async def _post(self, body: JsonObject) -> None:
        retrying = AsyncRetrying(
            wait=BackOff(),
            stop=stop_after_attempt(ATTEMPTS),
            retry=retry_if_exception(_temporary),
            reraise=True,
        )
        try:
            await retrying(self._client.create, EVENTS, body)
        except (NotFound, Refused) as exc:
            if isinstance(exc, Refused) and exc.right is not None:
                self._say_missing(exc.right, str(exc))
            # Else the namespace is gone, or on its way out: with it goes whoever would have read the Event.
            log.debug("could not write the Event", reason=body["reason"], error=str(exc))
        except KubeError as exc:
            log.warning("Event dropped", reason=body["reason"], text=body["message"], error=str(exc))

    def _say_missing(self, right: Right, error: str) -> None:
        """Once for each namespace."""
        if right not in self._said_missing:
            self._said_missing.add(right)
            log.warning("Events are not written", error=error)


def always() -> asyncio.Event:
    """For a recorder that nothing keeps waiting."""
    event = asyncio.Event()
    event.set()
    return event


def render(subject: Subject, note: Note, component: str, now: datetime) -> JsonObject:
    """A core/v1 Event."""
    stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    namespace = subject.key.namespace or "default"
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"namespace": namespace, "name": f"{subject.key.name}.{secrets.token_hex(8)}"},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": subject.kind,
            "namespace": subject.key.namespace,
            "name": subject.key.name,
            "uid": subject.uid,
            "resourceVersion": subject.version,
        },
        "type": "Warning" if note.reason.is_warning else "Normal",
        "reason": str(note.reason),
        "message": note.message[:1024],
        "source": {"component": component},
        "reportingComponent": component,
        "reportingInstance": component,
        "firstTimestamp": stamp,
        "lastTimestamp": stamp,
        "count": 1,
    }


def _temporary(error: BaseException) -> bool:
    return isinstance(error, KubeError) and error.worth_retrying
