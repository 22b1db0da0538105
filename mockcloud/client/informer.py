"""A local copy of one collection, kept true by list and watch; it calls back once for each real change."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Final

from tenacity import AsyncRetrying, retry_if_exception, wait_random_exponential

from mockcloud.client.errors import ApiError, ApiUnreachable
from mockcloud.client.objects import Key, Object, key_of
from mockcloud.client.odd import skipping
from mockcloud.client.packed import PackedObjects
from mockcloud.client.resources import Resource
from mockcloud.client.rest import Client

__all__ = ["Informer", "Key", "OnChange", "key_of", "may_pass"]

OnChange = Callable[[Key, Object | None, Object | None], None]

LOG: Final = logging.getLogger(__name__)
# 401 is among them since a restarted API may load its tokens a moment after it listens.
PASSING_STATUS: Final = frozenset({401, 408, 410, 429, 500, 502, 503, 504})
FIRST_WAIT: Final = 0.05
LONGEST_WAIT: Final = 1.0
# A watch that lived this long was a good one: when it breaks, the next try is immediate.
GOOD_WATCH_SECONDS: Final = 1.0


def may_pass(error: BaseException) -> bool:
    """Whether waiting can help: the API is away, busy or has forgotten where we were."""
    if isinstance(error, ApiError):
        return error.status in PASSING_STATUS
    return isinstance(error, ApiUnreachable)


class Informer:
    """The objects of one collection; `items` has already changed when `on_change` is called."""

    def __init__(
        self,
        client: Client,
        resource: Resource,
        *,
        namespace: str | None = None,
        field_selector: str | None = None,
    ) -> None:
        self.items = PackedObjects()
        self.synced = asyncio.Event()
        self._client = client
        self._resource = resource
        self._namespace = namespace
        self._field_selector = field_selector
        self.connected_since: float | None = None  # loop time at which the present watch was opened
        self._version: str | None = None  # resume here; None means list first
        self._seen = 0
        self._away = False  # an outage is worth two lines in the log, not one a try

    @property
    def version(self) -> int:
        """The resourceVersion up to which this copy is true; 0 before the first list."""
        return self._seen

    async def run(self, on_change: OnChange) -> None:
        """List and watch for ever; ends only by an ApiError that waiting cannot heal, or by cancellation.

        `on_change(key, old, new)` is called synchronously, once per real change, in order for each key;
        old None is an addition, new None a removal. It must not block. An object that makes it fail, since it
        is not as it should be, is logged, and ends nothing.
        """
        while True:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception(may_pass),
                wait=wait_random_exponential(multiplier=FIRST_WAIT, max=LONGEST_WAIT),
            ):
                with attempt:
                    await self._session(on_change)

    async def _session(self, on_change: OnChange) -> None:
        """One list (where needed) and one watch. Raises only where it broke early, so that the waits grow."""
        clock = asyncio.get_running_loop().time
        started = clock()
        try:
            if self._version is None:
                await self._relist(on_change)
            await self._watch(on_change)
            if clock() - started < GOOD_WATCH_SECONDS:
                msg = f"watch of {self._resource.plural} ended at once"
                raise ApiUnreachable(msg)
        except (ApiError, ApiUnreachable) as error:
            if isinstance(error, ApiError):
                self._version = None  # whatever it said, where we stood is not to be trusted
            LOG.log(logging.DEBUG if self._away else logging.WARNING, "%s: %s", self._resource.plural, error)
            self._away = True
            if not may_pass(error) or clock() - started < GOOD_WATCH_SECONDS:
                raise

    async def _relist(self, on_change: OnChange) -> None:
        found = await self._client.list(
            self._resource, namespace=self._namespace, field_selector=self._field_selector
        )
        fresh = {key_of(obj): obj for obj in _typed_items(found)}
        for key in [key for key in self.items if key not in fresh]:
            self._remove(key, on_change)
        for key, obj in fresh.items():
            self._put(key, obj, on_change)
        self._reached(found["metadata"]["resourceVersion"])
        self.synced.set()

    async def _watch(self, on_change: OnChange) -> None:
        params = {"resourceVersion": self._version or "0"}
        if self._field_selector:
            params["fieldSelector"] = self._field_selector
        async with self._client.watch(self._resource, params, namespace=self._namespace) as batches:
            self.connected_since = asyncio.get_running_loop().time()
            if self._away:
                LOG.info("%s: the API answers again", self._resource.plural)
                self._away = False
            try:
                async for batch in batches:
                    for event in batch:
                        self._apply(event, on_change)
            finally:
                self.connected_since = None

    def _apply(self, event: Object, on_change: OnChange) -> None:
        obj: Object = event["object"]
        match event["type"]:
            case "ERROR":
                raise ApiError(
                    int(obj.get("code", 500)), str(obj.get("reason", "")), str(obj.get("message", ""))
                )
            case "ADDED" | "MODIFIED":
                self._put(key_of(obj), obj, on_change)
            case "DELETED":
                self._remove(key_of(obj), on_change)
        # After the callback: an event that was not reported must come again.
        self._reached(obj["metadata"]["resourceVersion"])

    def _reached(self, version: str) -> None:
        # Decimal and comparable, by the API's own contract (KEP-5504).
        self._version = version
        self._seen = int(version)

    def _put(self, key: Key, new: Object, on_change: OnChange) -> None:
        old = self.items.get(key)
        if old is not None and old["metadata"]["uid"] != new["metadata"]["uid"]:
            # Deleted and made anew while we were away: two changes, not one.
            self._remove(key, on_change)
            old = None
        if old is not None and old["metadata"]["resourceVersion"] == new["metadata"]["resourceVersion"]:
            return
        self.items[key] = new
        with skipping(self._resource.plural, key):
            on_change(key, old, new)

    def _remove(self, key: Key, on_change: OnChange) -> None:
        old = self.items.pop(key, None)
        if old is not None:
            with skipping(self._resource.plural, key):
                on_change(key, old, None)


def _typed_items(found: Object) -> Iterator[Object]:
    """The list's objects, each with the apiVersion and kind that a real API leaves out inside a list."""
    kind = str(found.get("kind", "List")).removesuffix("List")
    for obj in found.get("items") or []:
        obj.setdefault("apiVersion", found.get("apiVersion", ""))
        obj.setdefault("kind", kind)
        yield obj
