"""The objects, one rising version for all kinds, and their late changes, so that a watch can be resumed.

Nothing here waits: whoever wants to know of a change subscribes, and is told before the write returns.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Final

import orjson

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.storage import managed_fields
from mockcloud.kube.storage.managed_fields import ManagedFields

MARK_SECONDS: Final = 10.0
OBJECT_LIMIT = 3 << 19
"""Bytes of one object: 1.5 MiB, what etcd takes in one request."""

_IDENTITY: Final = ("apiVersion", "kind")
_METADATA: Final = b'"metadata":{'
"""Found first where it begins the object's own: that comes before all that may hold another."""

_LATE: Final = 16
"""States whose text with owners is kept: the journal, the answer and every watcher want that of the last."""

Key = tuple[str, str]
"""(namespace, name); the namespace is "" for cluster-scoped kinds."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far back each kind's changes are remembered: so many at least, for so long, in so many bytes.

    Watches go on from what is remembered, of whatever age. A version that was no longer the latest `shown`
    seconds ago is not listed (etcd's compaction): clients count on it that a continue token expires.
    """

    changes: int = 1000
    seconds: float = 300.0
    shown: float = 300.0
    size: int = 16 << 20


class Verb(StrEnum):
    """What happened to an object, in the words of a watch."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """One state of one object, equal to itself alone. `object` is never changed; `copy()` may be.

    `managed` is its metadata.managedFields, which neither `object` nor its text `plain` has: few read them.
    """

    object: JsonObject
    plain: bytes
    version: int
    managed: ManagedFields = ()

    @property
    def encoded(self) -> bytes:
        """The JSON text, with who owns what."""
        return _with_owners(self) if self.managed else self.plain

    @property
    def shown(self) -> JsonObject:
        """The object with who owns what, for orjson only."""
        if not self.managed:
            return self.object
        fields = orjson.Fragment(managed_fields.text(self.managed))
        return {**self.object, "metadata": {**self.object["metadata"], "managedFields": fields}}

    @property
    def size(self) -> int:
        """About how many bytes the JSON text has."""
        return len(self.plain) + sum(len(entry.fields) for entry in self.managed)

    def copy(self) -> JsonObject:
        """A fresh object that may be changed, without who owns what."""
        copied: JsonObject = orjson.loads(self.plain)
        return copied


@lru_cache(maxsize=_LATE)
def _with_owners(stored: Stored) -> bytes:
    at = stored.plain.index(_METADATA) + len(_METADATA)
    owners = managed_fields.text(stored.managed)
    return b'%s"managedFields":%s,%s' % (stored.plain[:at], owners, stored.plain[at:])


@dataclass(frozen=True, slots=True)
class Change:
    """One step in the life of an object. For DELETED `new` is its last state, with the deletion's version."""

    kind: str
    verb: Verb
    key: Key
    new: Stored
    old: Stored | None


class VersionTooOld(Exception):
    """The history no longer reaches back to the version asked for."""

    def __init__(self, asked: int, oldest: int) -> None:
        super().__init__(f"too old resource version: {asked} ({oldest})")


class VersionUnknown(Exception):
    """The version asked for has not been given out yet."""

    def __init__(self, asked: int, current: int) -> None:
        super().__init__(f"Too large resource version: {asked}, current: {current}")
        self.asked = asked
        self.current = current


class ObjectTooLarge(Exception):
    """The object is larger than what is kept."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the object has {size} bytes, limit is {OBJECT_LIMIT}")


Listener = Callable[[Change], None]


def ordered(body: JsonObject) -> JsonObject:
    """The object with its metadata before all but apiVersion and kind."""
    for name in body:
        if name == "metadata":
            return body
        if name not in _IDENTITY:
            break
    first: JsonObject = {name: body[name] for name in (*_IDENTITY, "metadata") if name in body}
    return {**first, **body}


def encoded(body: JsonObject) -> bytes:
    """The object's JSON text; ObjectTooLarge where it is more than what is kept."""
    content = text(body)
    if len(content) > OBJECT_LIMIT:
        raise ObjectTooLarge(len(content))
    return content


def text(body: JsonObject) -> bytes:
    """The object's JSON text, to be kept: behind what orjson gives there is some 4 KiB of room."""
    return bytes(memoryview(orjson.dumps(body)))


@dataclass(slots=True)
class Shelf:
    """One kind's objects in key order, its late changes, and the version that history starts after."""

    objects: dict[Key, Stored] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)
    history: deque[Change] = field(default_factory=deque)
    times: deque[float] = field(default_factory=deque)  # of these changes
    floor: int = 0
    remembered: int = 0  # bytes of the history
    listeners: list[Listener] = field(default_factory=list)

    def apply(self, change: Change) -> None:
        """Take over the change's outcome; the history is not touched."""
        if change.verb is Verb.DELETED:
            if self.objects.pop(change.key, None) is not None:
                del self.keys[bisect_left(self.keys, change.key)]
        else:
            if change.key not in self.objects:
                insort(self.keys, change.key)
            self.objects[change.key] = change.new

    def remember(self, change: Change, reach: Reach, now: float) -> None:
        """Add to the history; the oldest changes beyond its reach are forgotten."""
        self.history.append(change)
        self.times.append(now)
        self.remembered += change.new.size
        while self._overlong(reach, now) or (self.remembered > reach.size and len(self.history) > 1):
            forgotten = self.history.popleft().new
            self.times.popleft()
            self.remembered -= forgotten.size
            self.floor = forgotten.version

    def _overlong(self, reach: Reach, now: float) -> bool:
        return len(self.history) > reach.changes and now - self.times[0] >= reach.seconds

    def base(self) -> Iterable[Stored]:
        """The objects as they were before the oldest remembered change."""
        return self.as_of(self.floor).values()

    def as_of(self, version: int) -> dict[Key, Stored]:
        """The objects as they were at `version`, not older than the floor."""
        objects = dict(self.objects)
        for change in reversed(self.history):
            if change.new.version <= version:
                break
            if change.old is None:
                objects.pop(change.key, None)
            else:
                objects[change.key] = change.old
        return objects


@dataclass(slots=True)
class Store:
    """All objects of all kinds. `version` is the last resourceVersion given out, `clock` counts seconds."""

    version: int = 0
    reach: Reach = Reach()
    clock: Callable[[], float] = lambda: 0.0
    shelves: dict[str, Shelf] = field(default_factory=dict)
    recorders: list[Listener] = field(default_factory=list)
    _marks: deque[tuple[float, int]] = field(default_factory=deque)  # times, and the version then
    _compacted: int = 0

    def shelf(self, kind: str) -> Shelf:
        """The kind's shelf, made on first use."""
        return self.shelves.setdefault(kind, Shelf())

    def get(self, kind: str, key: Key) -> Stored | None:
        """The object as it is now."""
        return self.shelf(kind).objects.get(key)

    def put(self, kind: str, key: Key, body: JsonObject, managed: ManagedFields = ()) -> Stored:
        """Store `body` (which now belongs to the store) under a new version."""
        old = self.get(kind, key)
        verb = Verb.ADDED if old is None else Verb.MODIFIED
        return self._commit(kind, verb, key, (ordered(body), managed), old).new

    def delete(self, kind: str, key: Key) -> Stored | None:
        """Remove the object; its last state, with the version of the deletion."""
        old = self.get(kind, key)
        if old is None:
            return None
        return self._commit(kind, Verb.DELETED, key, (old.copy(), old.managed), old).new

    def objects(self, kind: str, namespace: str | None = None) -> Iterator[Stored]:
        """The objects as they are now, by namespace and name."""
        shelf = self.shelf(kind)
        if namespace is None:
            return (shelf.objects[key] for key in shelf.keys)
        first = bisect_left(shelf.keys, (namespace, ""))
        last = bisect_left(shelf.keys, (namespace + "\0", ""))
        return (shelf.objects[key] for key in shelf.keys[first:last])

    def snapshot(self, kind: str, version: int) -> list[Stored]:
        """The objects as they were at `version`, by namespace and name."""
        shelf = self._reaching(kind, version)
        self._compact()
        if version < self._compacted:
            raise VersionTooOld(version, self._compacted)
        objects = shelf.as_of(version)
        return [objects[key] for key in sorted(objects)]

    def changes_since(self, kind: str, version: int) -> list[Change]:
        """Every change of this kind after `version`, oldest first."""
        late: list[Change] = []
        for change in reversed(self._reaching(kind, version).history):
            if change.new.version <= version:
                break
            late.append(change)
        return late[::-1]

    def subscribe(self, kind: str, listener: Listener) -> Callable[[], None]:
        """Call `listener` on each later change of this kind, until the returned function is called."""
        listeners = self.shelf(kind).listeners
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    def _compact(self) -> None:
        """Find the latest version that is so old that states of earlier ones are no longer shown."""
        while self._marks and self.clock() - self._marks[0][0] >= self.reach.shown:
            self._compacted = self._marks.popleft()[1]

    def _mark(self) -> None:
        now = self.clock()
        if not self._marks or now - self._marks[-1][0] >= MARK_SECONDS:
            self._marks.append((now, self.version))
            self._compact()

    def _reaching(self, kind: str, version: int) -> Shelf:
        """The kind's shelf, where `version` lies within its history."""
        shelf = self.shelf(kind)
        if version < shelf.floor:
            raise VersionTooOld(version, shelf.floor)
        if version > self.version:
            raise VersionUnknown(version, self.version)
        return shelf

    def _commit(
        self, kind: str, verb: Verb, key: Key, state: tuple[JsonObject, ManagedFields], old: Stored | None
    ) -> Change:
        body, managed = state
        version = self.version + 1
        body["metadata"]["resourceVersion"] = str(version)
        # What was stored before the limit may still be deleted.
        content = text(body) if verb is Verb.DELETED else encoded(body)
        change = Change(kind, verb, key, Stored(body, content, version, managed), old)
        # The journal comes first: what could not be recorded has not happened.
        for record in self.recorders:
            record(change)
        self.version = version
        self._mark()
        shelf = self.shelf(kind)
        shelf.apply(change)
        shelf.remember(change, self.reach, self.clock())
        for listener in tuple(shelf.listeners):
            listener(change)
        return change
