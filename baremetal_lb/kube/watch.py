"""A live copy of one resource: list, then watch, for ever.

Every real change is reported exactly once, in order, whatever happens to the connection: a watch resumes
from the last resourceVersion (bookmarks keep that fresh), a 410 lists again and reports the difference.
What we wrote ourselves is absorbed from the answer, so the echo is not reported again.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import orjson
import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from baremetal_lb.kube.errors import ApiError, ApiUnreachable, Gone, KubeError, NotFound, Refused, api_error
from baremetal_lb.kube.retry_log import RetryLog
from baremetal_lb.model.objects import ObjectKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from baremetal_lb.kube.client import Client, JsonObject
    from baremetal_lb.kube.resources import Resource

T = TypeVar("T")
PAGE: Final = 1000
BREATH: Final = 50  # objects converted between two looks at what else is to do
LIFETIME: Final = (240, 300)  # seconds; apart from each other, so that a fleet's watches do not end together
# What a conversion may raise for an object that is not as it should be; the API checks less than one thinks.
MALFORMED: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
MOST_WORDS: Final = 300
MOST_DOUBLINGS: Final = 30
log = structlog.get_logger("watch")


class WatchBroken(KubeError):
    """The server ended a watch at once and sent nothing: wait before the next."""

    worth_retrying = True


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """One object before and after; None where it did not or does not exist."""

    key: ObjectKey
    old: T | None
    new: T | None


@dataclass(frozen=True, slots=True)
class Scope:
    """What of a resource is watched."""

    namespace: str | None = None
    field_selector: str | None = None
    label_selector: str | None = None

    def query(self) -> dict[str, str]:
        """As query parameters of list and watch."""
        both = {"fieldSelector": self.field_selector, "labelSelector": self.label_selector}
        return {name: text for name, text in both.items() if text}


@dataclass(frozen=True, slots=True)
class BackOff:
    """How long to wait after failures: random up to `first` s, doubling, never over `longest` s.

    What only a person can mend (a right, a namespace that is missing) is tried less often in the end.
    """

    first: float = 0.1
    longest: float = 5.0
    longest_refused: float = 15.0

    def __call__(self, state: RetryCallState) -> float:
        """The wait before the next try; a server's Retry-After is a floor."""
        return self.after(state.attempt_number, state.outcome.exception() if state.outcome else None)

    def after(self, failures: int, error: BaseException | None) -> float:
        """The wait after so many failures, the last of which was `error`."""
        longest = self.longest_refused if isinstance(error, Refused) else self.longest
        doubled = self.first * 2 ** min(failures - 1, MOST_DOUBLINGS)
        asked = error.retry_after if isinstance(error, KubeError) else None
        return max(random.uniform(0.0, min(doubled, longest)), asked or 0.0)


@dataclass(frozen=True, slots=True)
class _Known(Generic[T]):
    version: str
    value: T
    stale: bool = False  # of an earlier version: this one cannot be read


class Informer(Generic[T]):
    """The objects of `resource` in `scope`, each converted once. `run` keeps them fresh until cancelled."""

    def __init__(
        self,
        client: Client,
        resource: Resource,
        convert: Callable[[JsonObject], T],
        scope: Scope | None = None,
        back_off: BackOff | None = None,
    ) -> None:
        self.synced = asyncio.Event()  # set after the first full list has been reported
        self._client = client
        self._resource = resource
        self._convert = convert
        self._scope = scope or Scope()
        self._back_off = back_off or BackOff()
        self._log_retry = RetryLog(log, "watch failed, trying again", resource=resource.plural)
        self._known: dict[ObjectKey, _Known[T]] = {}
        self._report: Callable[[Change[T]], None] = lambda _change: None
        self._version: str | None = None
        self._dropped: set[ObjectKey] = set()  # since `catch_up` was last called

    def get(self, key: ObjectKey) -> T | None:
        """The newest known value of one object."""
        known = self._known.get(key)
        return known.value if known else None

    def values(self) -> Iterable[T]:
        """The newest known value of every object."""
        return (known.value for known in self._known.values())

    def items(self) -> Iterable[tuple[ObjectKey, T]]:
        """The same, each with its key."""
        return ((key, known.value) for key, known in self._known.items())

    def newest(self) -> int:
        """The greatest version of an object that is there, as a number (KEP-5504); 0 without any."""
        versions = (known.version for known in self._known.values())
        return max((int(each) for each in versions if each.isdecimal()), default=0)

    async def run_where_served(self, on_change: Callable[[Change[T]], None]) -> None:
        """As `run`; but where the API has no such resource, or not for us, it stays empty and ends."""
        retrying = self._retrying(lambda error: _temporary(error) and not _is_withheld(error))
        try:
            await retrying(self._page, {**self._scope.query(), "limit": "1"})
        except (NotFound, Refused) as exc:
            log.info("resource not watched", resource=self._resource.plural, why=str(exc))
            self.synced.set()
        else:
            await self.run(on_change)

    async def run(self, on_change: Callable[[Change[T]], None]) -> None:
        """Watch for ever; `on_change` is called synchronously, once for each real change, in order."""
        self._report = on_change
        while True:
            await self._retrying(_temporary)(self._session)

    def absorb(self, raw: JsonObject) -> None:
        """Take the answer to our own write as news; ignored where it is older, or the object is gone."""
        key = _key(raw)
        known = self._known.get(key)
        if known is not None and _newer(_version(raw), known.version):
            self._put(key, raw)

    async def catch_up(self) -> None:
        """List once more, and report all that was written before this call and the watch has not told yet."""
        self._dropped.clear()
        listed: tuple[dict[ObjectKey, _Known[T]], str] = await self._retrying(_temporary)(self._list_all)
        fresh, version = listed
        for key in [key for key in self._known if key not in fresh]:
            if not _newer(self._known[key].version, version):
                self._drop(key)
        for key, found in fresh.items():
            known = self._known.get(key)
            is_news = known is None or _newer(found.version, known.version)
            if is_news and key not in self._dropped:
                self._know(key, found)

    async def _session(self) -> None:
        """One list where needed, and one watch to its end."""
        try:
            if self._version is None:
                await self._relist()
            await self._watch()
        except Gone:
            log.info("watch expired, listing again", resource=self._resource.plural)
            self._version = None
            await self._relist()

    async def _relist(self) -> None:
        fresh, version = await self._list_all()
        for key in [key for key in self._known if key not in fresh]:
            self._drop(key)
        for key, found in fresh.items():
            known = self._known.get(key)
            if known is None or known.version != found.version:
                self._know(key, found)
        self._version = version
        self.synced.set()

    async def _list_all(self) -> tuple[dict[ObjectKey, _Known[T]], str]:
        """Everything there is. Each page is converted while the server prepares the next."""
        fresh: dict[ObjectKey, _Known[T]] = {}
        query = {**self._scope.query(), "limit": str(PAGE)}
        page = await self._page(query)
        while onward := page["metadata"].get("continue"):
            coming = self._page({**query, "continue": onward})
            page, _ = await asyncio.gather(coming, self._read(page, fresh))
        await self._read(page, fresh)
        return fresh, page["metadata"]["resourceVersion"]

    async def _page(self, query: dict[str, str]) -> JsonObject:
        return await self._client.list(self._resource, self._scope.namespace, query)

    async def _read(self, page: JsonObject, fresh: dict[ObjectKey, _Known[T]]) -> None:
        for at, raw in enumerate(page.get("items") or []):
            if at % BREATH == 0:
                await asyncio.sleep(0)  # the next request goes out, and other tasks their way
            key, version = _key(raw), _version(raw)
            known = self._known.get(key)
            found = known if known and known.version == version else self._converted(key, raw)
            if found is not None:
                fresh[key] = found

    async def _watch(self) -> None:
        lifetime = random.randint(*LIFETIME)
        query = {
            **self._scope.query(),
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version or "",
            "timeoutSeconds": str(lifetime),
        }
        clock = asyncio.get_running_loop().time
        started, heard = clock(), False
        try:
            async with self._client.stream(self._resource, self._scope.namespace, query, lifetime) as batches:
                async for lines in batches:
                    heard = True
                    for line in lines:
                        self._event(orjson.loads(line))
        except ApiUnreachable:
            if not heard:
                raise
        if not heard and clock() - started < 1:
            msg = f"watch on {self._resource.plural} ended at once"
            raise WatchBroken(msg)

    def _event(self, event: dict[str, Any]) -> None:
        raw = event["object"]
        match event["type"]:
            case "ADDED" | "MODIFIED":
                key = _key(raw)
                known = self._known.get(key)
                if known is None or _newer(_version(raw), known.version):
                    self._put(key, raw)
            case "DELETED":
                key = _key(raw)
                if key in self._known and not _outdated(_version(raw), self._known[key].version):
                    self._drop(key)
            case "ERROR":
                raise api_error(int(raw.get("code", 500)), orjson.dumps(raw))
        self._version = _version(raw)

    def _put(self, key: ObjectKey, raw: JsonObject) -> None:
        found = self._converted(key, raw)
        if found is not None:
            self._know(key, found)

    def _converted(self, key: ObjectKey, raw: JsonObject) -> _Known[T] | None:
        """The object's value. One that cannot be read stops no other: as it was last, or not there at all."""
        try:
            return _Known(_version(raw), self._convert(raw))
        except MALFORMED as exc:
            known = self._known.get(key)
            log.error(
                "object cannot be read",
                resource=self._resource.plural,
                object=str(key),
                error=f"{type(exc).__name__}: {exc}"[:MOST_WORDS],
                instead="as it was before" if known else "left out",
            )
            return _Known(_version(raw), known.value, stale=True) if known else None

    def _know(self, key: ObjectKey, found: _Known[T]) -> None:
        old = self.get(key)
        self._known[key] = found
        if not found.stale:
            self._report(Change(key, old, found.value))

    def _drop(self, key: ObjectKey) -> None:
        known = self._known.pop(key, None)
        self._dropped.add(key)
        if known is not None:
            self._report(Change(key, known.value, None))

    def _retrying(self, is_temporary: Callable[[BaseException], bool]) -> AsyncRetrying:
        return AsyncRetrying(
            wait=self._back_off,
            retry=retry_if_exception(is_temporary),
            before_sleep=self._log_retry,
            reraise=True,
        )


def _temporary(error: BaseException) -> bool:
    # A watch has nothing better to do than to go on: even a 403 may be mended by an admin meanwhile.
    return isinstance(error, ApiError | ApiUnreachable | WatchBroken)


def _is_withheld(error: BaseException) -> bool:
    return isinstance(error, NotFound | Refused)


def _key(raw: JsonObject) -> ObjectKey:
    metadata = raw["metadata"]
    return ObjectKey(metadata.get("namespace", ""), metadata["name"])


def _version(raw: JsonObject) -> str:
    version: str = raw["metadata"]["resourceVersion"]
    return version


def _outdated(version: str, known: str) -> bool:
    """Whether it is older for sure: the object has been made anew since."""
    return version.isdecimal() and known.isdecimal() and int(version) < int(known)


def _newer(version: str, known: str) -> bool:
    """Versions of one object compare as integers (KEP-5504); where they are none, different means newer."""
    if version.isdecimal() and known.isdecimal():
        return int(version) > int(known)
    return version != known
