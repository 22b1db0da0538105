"""WATCH: every change of the selected objects from a version on, once, in order."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final

import orjson
from aiohttp import web

from mockcloud.kube.field_errors import Cause, forbidden, not_supported
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.queries import flag, optional_flag
from mockcloud.kube.resources.apiextensions.converting import Unconverted, remembered
from mockcloud.kube.rest.answering import Answer, lines, messages, refusal, wants_messages
from mockcloud.kube.rest.converting import Conversions
from mockcloud.kube.rest.listing import INITIAL, MATCH, NOT_OLDER, number, require, selector_of, version_of
from mockcloud.kube.rest.paths import Target
from mockcloud.kube.rest.rendering import Rendering
from mockcloud.kube.selectors import Selector
from mockcloud.kube.storage.store import Change, Store, Stored, Verb, VersionTooOld, VersionUnknown
from mockcloud.kube.writes.refusals import Refusal, expired, version_too_large

BOOKMARK_EVERY: Final = 60.0
BOOKMARK_BEFORE_END: Final = 2.0
TIMEOUT_RANGE: Final = (1800.0, 3600.0)
MOST_OWED: Final = 64 << 20
"""Bytes of changes that may wait for a slow client before its watch is cut: it resumes from the version that
it has, or lists anew. What it asked for at first is not counted, and states are shared with the store."""
CHUNK: Final = 256 << 10
STUCK_SECONDS: Final = 60.0
"""How long a client may take nothing of what waits for it."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WatchRequest:
    """What one client wants to see: since a version (0: now), or first the state, of at least one."""

    target: Target
    rendering: Rendering
    selector: Selector
    since: int | None
    bookmarks: bool
    initial_end: bool
    timeout: float
    at_least: int = 0


def parse_watch(target: Target, rendering: Rendering, query: Mapping[str, str], rng: Random) -> WatchRequest:
    """The watch of a query; 400 where it makes no sense."""
    initial, bookmarks = optional_flag(query, INITIAL), flag(query, "allowWatchBookmarks")
    timeout = float(number(query, "timeoutSeconds"))
    require(_problems(query.get(MATCH, ""), query.get("continue", ""), initial))
    version = version_of(query)
    return WatchRequest(
        target=target,
        rendering=rendering,
        selector=selector_of(target, query),
        since=None if initial or (initial is None and not version) else version,
        bookmarks=bookmarks,
        initial_end=bool(initial) and bookmarks,
        timeout=timeout or rng.uniform(*TIMEOUT_RANGE),
        at_least=version if initial else 0,
    )


def _problems(match: str, token: str, initial: bool | None) -> Iterator[Cause]:
    """What makes no sense (apimachinery's validateWatchOptions)."""
    if initial is not None and match != NOT_OLDER:
        yield forbidden(MATCH, f"{INITIAL} requires setting {MATCH} to {NOT_OLDER}")
    if match and initial is None:
        yield forbidden(MATCH, f"{MATCH} is forbidden for watch unless {INITIAL} is provided")
    if match and match != NOT_OLDER:
        yield not_supported(MATCH, match, (NOT_OLDER,))
    if match and token:
        yield forbidden(MATCH, f"{MATCH} is forbidden when continue is provided")


@dataclass(slots=True)
class Watch:
    """One client's open watch: frames wait here until they are written."""

    request: WatchRequest
    store: Store
    clock: Callable[[], float]
    abort: Callable[[], None] = lambda: None
    pending: deque[tuple[str, Stored | bytes | Change, int]] = field(default_factory=deque)  # ..., bytes owed
    owed: int = 0
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False
    first: bool = True
    begun: bool = False

    def begin(self) -> None:
        """Queue what the client has missed; nothing may happen between this and the subscription."""
        request = self.request
        kind = request.target.kind.storage
        try:
            if request.at_least > self.store.version:
                self.refuse(version_too_large(str(VersionUnknown(request.at_least, self.store.version))))
            elif request.since is None:
                self._queue_state()
            elif request.since:
                for change in self.store.changes_since(kind, request.since):
                    self.take(change)
        except VersionTooOld as exc:
            self.refuse(expired(str(exc)))
        except VersionUnknown as exc:
            # A version of another life of this server: only a fresh list helps the client.
            self.refuse(expired(f"too old resource version: {exc.asked} ({exc.current})"))
        self.begun = True

    def take(self, change: Change) -> None:
        """Queue the change if the client sees it."""
        if self.ended:
            return
        if self._decides_later:
            self._queue("", change, change.new.size)
        else:
            for verb, stored in self._seen(change):
                self._queue(verb.value, stored, stored.size)
        if self.owed > MOST_OWED:
            self.cut(f"{len(self.pending)} events of {self.owed} bytes wait for it")

    def bookmark(self, *, initial_end: bool = False) -> None:
        """Queue the version that all queued events lead to."""
        content = self.request.rendering.bookmark(self.store.version, initial_end=initial_end)
        self.pending.append(("BOOKMARK", content, 0))

    def cut(self, why: str) -> None:
        """Drop the connection and what waits for it: the client is too slow."""
        log.warning("watch of %s cut, its client is too slow: %s", self.request.target.kind.plural, why)
        self.pending.clear()
        self.owed = 0
        self.end()
        self.abort()

    def end(self) -> None:
        """No more events; the writer finishes what is queued."""
        self.ended = True
        self.wake.set()

    def drain(self) -> list[bytes]:
        """The next part of what waits to be written, a line each; none where nothing waits."""
        self.wake.clear()
        frames: list[bytes] = []
        size = 0
        while self.pending and size < CHUNK:
            verb, state, owed = self.pending[0]
            try:
                made = self._frames(state) if isinstance(state, Change) else [self._frame(verb, state)]
            except Unconverted:
                if frames:
                    break
                raise
            self.pending.popleft()
            self.owed -= owed
            frames += made
            size += sum(map(len, made))
        return frames

    @property
    def _decides_later(self) -> bool:
        """Whether only what a webhook says tells which objects the client sees."""
        return self.request.target.kind.asks and bool(self.request.selector.field_terms)

    def _frames(self, change: Change) -> list[bytes]:
        return [self._frame(verb.value, stored) for verb, stored in self._seen(change)]

    def _frame(self, verb: str, state: Stored | bytes) -> bytes:
        if isinstance(state, Stored):
            content = self.request.rendering.row_event(state, self.clock(), first=self.first)
            self.first = False
        else:
            content = state
        return b'{"type":"%s","object":%s}\n' % (verb.encode(), content)

    def _queue_state(self) -> None:
        target = self.request.target
        for stored in self.store.objects(target.kind.storage, target.namespace):
            if self._decides_later:
                key = (target.namespace or "", "")
                self._queue("", Change(target.kind.storage, Verb.ADDED, key, stored, None), 0)
            elif self.request.selector.matches(stored.object):
                self._queue(Verb.ADDED.value, stored, stored.size)
        if self.request.initial_end:
            self.bookmark(initial_end=True)

    def refuse(self, refusal: Refusal) -> None:
        """Tell why there is nothing more; what waits is not told."""
        self.pending.clear()
        self.owed = 0
        self.pending.append(("ERROR", orjson.dumps(refusal.status()), 0))
        self.ended = True

    def _queue(self, verb: str, state: Stored | Change, size: int) -> None:
        owed = size if self.begun else 0
        self.owed += owed
        self.pending.append((verb, state, owed))
        self.wake.set()

    def _matches(self, obj: JsonObject) -> bool:
        target = self.request.target
        if target.namespace is not None and obj["metadata"].get("namespace") != target.namespace:
            return False
        return self.request.selector.matches(target.kind.from_stored(obj) if self._decides_later else obj)

    def _seen(self, change: Change) -> Iterator[tuple[Verb, Stored]]:
        """The change as this client sees it: an object that leaves the selection is deleted for it."""
        is_in = change.verb is not Verb.DELETED and self._matches(change.new.object)
        was_in = change.old is not None and self._matches(change.old.object)
        if is_in:
            yield (Verb.MODIFIED if was_in else Verb.ADDED), change.new
        elif was_in and change.verb is Verb.DELETED:
            yield Verb.DELETED, change.new
        elif was_in and change.old is not None:
            yield Verb.DELETED, _as_of(change.old, change.new.version)


def _as_of(stored: Stored, version: int) -> Stored:
    """The same state, carrying a later version."""
    obj = stored.copy()
    obj["metadata"]["resourceVersion"] = str(version)
    return Stored(obj, orjson.dumps(obj), version, stored.managed)


async def serve(watch: Watch, request: web.BaseRequest, conversions: Conversions) -> web.StreamResponse:
    """Write the watch's events as they come, until it ends or its time is up."""
    if request.transport is not None:
        watch.abort = request.transport.abort
    refused = refusal(request) if wants_messages(request) else None
    if refused is not None:
        return refused
    opened = messages(request, watch.end) if wants_messages(request) else lines(request)
    watch.begin()
    leave = watch.store.subscribe(watch.request.target.kind.storage, watch.take)
    try:
        async with opened as answer:
            await _pump(watch, answer, conversions)
        return answer.response
    finally:
        leave()


async def _pump(watch: Watch, answer: Answer, conversions: Conversions) -> None:
    clock = asyncio.get_running_loop().time
    started = clock()
    end = started + watch.request.timeout
    marks = _bookmark_times(started, end) if watch.request.bookmarks else iter(())
    mark = next(marks, end)
    while True:
        frames = await _drained(watch, conversions)
        if frames:
            try:
                async with asyncio.timeout(STUCK_SECONDS):
                    await answer.send(frames)
            except TimeoutError:
                watch.cut(f"it took nothing for {STUCK_SECONDS:g} s")
            continue
        if watch.ended or clock() >= end:
            return
        try:
            async with asyncio.timeout_at(mark):
                await watch.wake.wait()
        except TimeoutError:
            if mark < end:
                watch.bookmark()
            mark = next(marks, end)


async def _drained(watch: Watch, conversions: Conversions) -> list[bytes]:
    """The next part of what waits to be written; what a webhook does not convert ends the watch."""
    with remembered():
        while True:
            try:
                return watch.drain()
            except Unconverted as missing:
                try:
                    await conversions.supply(missing)
                except Refusal as refusal:
                    watch.refuse(refusal)


def _bookmark_times(started: float, end: float) -> Iterator[float]:
    """When bookmarks are due: each minute, and shortly before the end."""
    mark = started + BOOKMARK_EVERY
    while mark < end - BOOKMARK_BEFORE_END:
        yield mark
        mark += BOOKMARK_EVERY
    if end - BOOKMARK_BEFORE_END > started:
        yield end - BOOKMARK_BEFORE_END
