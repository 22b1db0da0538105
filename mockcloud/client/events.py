"""Events that `kubectl describe` shows: one object for each (what, why, words), counted as client-go does."""

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from mockcloud.client.clock import seconds_text, unix_nanoseconds, utc_now
from mockcloud.client.errors import ApiError, ApiUnreachable
from mockcloud.client.informer import may_pass
from mockcloud.client.resources import EVENTS
from mockcloud.client.rest import Client, Object

LOG: Final = logging.getLogger(__name__)
REMEMBERED: Final = 4096  # client-go's cache size
QUEUED: Final = 1000  # an event is a courtesy: past this many unsent, new ones are dropped
ATTEMPTS: Final = 8


@dataclass(frozen=True, slots=True)
class Happening:
    """What is worth telling about an object; equal ones are counted, not repeated."""

    involved: tuple[tuple[str, str], ...]  # an ObjectReference, as sorted pairs without resourceVersion
    kind: str  # "Normal" or "Warning"
    reason: str
    message: str

    @property
    def namespace(self) -> str:
        """Where the Event lives: beside its object, or in `default` for what has no namespace."""
        return dict(self.involved).get("namespace") or "default"


@dataclass(frozen=True, slots=True)
class Posted:
    """The Event that already stands for a happening."""

    name: str
    count: int


def happening(obj: Object, reason: str, message: str, *, warning: bool = False) -> Happening:
    """The happening for an object as the API returns it, or for one that has only what a reference needs."""
    metadata = obj["metadata"]
    reference = {
        "apiVersion": obj.get("apiVersion", ""),
        "kind": obj.get("kind", ""),
        "name": metadata["name"],
        "namespace": metadata.get("namespace", ""),
        "uid": metadata.get("uid", ""),
    }
    pairs = tuple(sorted((key, value) for key, value in reference.items() if value))
    return Happening(pairs, "Warning" if warning else "Normal", reason, message)


def new_event(told: Happening, name: str, source: dict[str, str], now: str) -> Object:
    """The core/v1 Event for a happening that is seen for the first time."""
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": told.namespace},
        "involvedObject": dict(told.involved),
        "type": told.kind,
        "reason": told.reason,
        "message": told.message[:1024],
        "source": source,
        "reportingComponent": source["component"],
        "reportingInstance": source.get("host", ""),
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }


class EventRecorder:
    """`record` never blocks; `run` (one task, with an owner) sends what was recorded, in order."""

    def __init__(self, client: Client, component: str, host: str = "") -> None:
        self._client = client
        self._source = {"component": component, "host": host} if host else {"component": component}
        self._queue: asyncio.Queue[tuple[Happening, str]] = asyncio.Queue(QUEUED)
        self._posted: OrderedDict[Happening, Posted] = OrderedDict()

    def record(self, obj: Object, reason: str, message: str, *, warning: bool = False) -> None:
        """Say about `obj` that `reason` happened; the same words again bump the Event's count."""
        try:
            told = happening(obj, reason, message, warning=warning)
            self._queue.put_nowait((told, seconds_text(utc_now())))
        except asyncio.QueueFull:
            LOG.warning("event dropped, %d are unsent: %s %s", QUEUED, reason, message)

    async def sent(self) -> None:
        """Wait until all that was recorded so far has been sent or dropped (`run` must be running)."""
        await self._queue.join()

    async def run(self) -> None:
        """Send events for ever; one that the API keeps refusing is logged and dropped."""
        while True:
            told, now = await self._queue.get()
            try:
                async for attempt in AsyncRetrying(
                    retry=retry_if_exception(may_pass),
                    stop=stop_after_attempt(ATTEMPTS),
                    wait=wait_random_exponential(multiplier=0.1, max=5),
                    reraise=True,
                ):
                    with attempt:
                        await self._send(told, now)
            except (ApiError, ApiUnreachable) as error:
                # Commonly: the namespace is being deleted.
                LOG.debug("event %s not posted: %s", told.reason, error)
            finally:
                self._queue.task_done()

    async def _send(self, told: Happening, now: str) -> None:
        earlier = self._posted.get(told)
        if earlier is None or not await self._bump(told, earlier, now):
            await self._post(told, now)
        self._posted.move_to_end(told)
        while len(self._posted) > REMEMBERED:
            self._posted.popitem(last=False)

    async def _bump(self, told: Happening, earlier: Posted, now: str) -> bool:
        """Count one more; False where the Event has expired."""
        patch = {"count": earlier.count + 1, "lastTimestamp": now}
        try:
            await self._client.patch(EVENTS, earlier.name, patch, namespace=told.namespace)
        except ApiError as error:
            if error.status != 404:
                raise
            return False
        self._posted[told] = Posted(earlier.name, earlier.count + 1)
        return True

    async def _post(self, told: Happening, now: str) -> None:
        # By time, as client-go names them: of events of one second, lists show the earlier ones first.
        name = f"{dict(told.involved)['name']}.{unix_nanoseconds():x}"
        await self._client.create(EVENTS, new_event(told, name, self._source, now))
        self._posted[told] = Posted(name, 1)
