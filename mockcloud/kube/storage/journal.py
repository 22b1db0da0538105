"""The store on disk: an append-only file of lines, so that a killed process starts again where it was.

A line is `WORD KIND BODY`. `VERSION - 17` and `FLOOR services 12` are counters, `BASE services {...}` is an
object as it was before the remembered history, `ADDED|MODIFIED|DELETED services {...}` is a change. A write
reaches the kernel before its answer leaves; it is not synced to disk: a kill loses nothing, a power cut may.
"""

import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import orjson

from mockcloud.kube.storage import managed_fields
from mockcloud.kube.storage.store import Change, Key, Reach, Shelf, Store, Stored, Verb, text

LOG: Final = logging.getLogger(__name__)
COMPACT_AT_LEAST: Final = 16 << 20
"""Bytes below which a running journal is left alone."""


class JournalError(Exception):
    """The journal cannot be used; says which file and why."""


class Journal:
    """The open file; it belongs to one process at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # A file of its own: compaction replaces the journal, and a lock would go with the old one.
        self._lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            os.close(self._lock)
            msg = f"{path.parent}: another process uses this data directory"
            raise JournalError(msg) from exc
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._size = 0
        self._compacted = 0

    def load(self, reach: Reach, clock: Callable[[], float]) -> Store:
        """The store as it was, with this journal recording all that happens from now on.

        What it remembers counts as of now: no line says when.
        """
        content = self._path.read_bytes()
        whole = content.rfind(b"\n") + 1  # a kill may have torn the last line; its write was never answered
        store = Store(reach=reach, clock=clock)
        lines = content[:whole].splitlines()
        for number, line in enumerate(lines, start=1):
            try:
                _replay(store, line)
            except (ValueError, KeyError, TypeError) as exc:
                msg = f"{self._path}: line {number} is damaged: {exc}"
                raise JournalError(msg) from exc
        self._size = whole
        self._cut(whole)
        if len(lines) > sum(_lines_of(shelf) for shelf in store.shelves.values()) * 2:
            self._compact(store)
        store.recorders.append(lambda change: self._append(change, store))
        return store

    def close(self) -> None:
        """Let another process have the file."""
        os.close(self._fd)
        os.close(self._lock)

    def _append(self, change: Change, store: Store) -> None:
        self._write(_change_line(change))
        # The change itself is not in the store yet: it is written once more, behind the compacted state.
        if self._size > max(COMPACT_AT_LEAST, 4 * self._compacted) and self._compact(store):
            self._write(_change_line(change))

    def _write(self, line: bytes) -> None:
        try:
            _write_all(self._fd, line)
        except OSError:
            # Half a line (a full disk) must not stand before the next one.
            self._cut(self._size)
            raise
        self._size += len(line)

    def _cut(self, size: int) -> None:
        os.ftruncate(self._fd, size)
        os.lseek(self._fd, size, os.SEEK_SET)

    def _compact(self, store: Store) -> bool:
        """Replace the file by the shortest one that gives the same store; whether that was possible.

        Where it is not (a full disk) the longer one goes on, and this is tried again when it has grown.
        """
        content = b"".join(_lines(store))
        replacement = self._path.with_suffix(".new")
        try:
            descriptor = _written(replacement, content)
            replacement.rename(self._path)
        except OSError as exc:
            LOG.warning("could not compact %s: %s", self._path, exc)
            replacement.unlink(missing_ok=True)
            self._compacted = self._size
            return False
        os.close(self._fd)
        self._fd, self._size, self._compacted = descriptor, len(content), len(content)
        return True


def _written(path: Path, content: bytes) -> int:
    """A descriptor of a new file with this in it. Raises OSError, and has none open then."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        _write_all(descriptor, content)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _write_all(descriptor: int, content: bytes) -> None:
    written = 0
    while written < len(content):
        written += os.write(descriptor, content[written:])


def _lines_of(shelf: Shelf) -> int:
    return len(shelf.objects) + len(shelf.history) + 1


def _change_line(change: Change) -> bytes:
    return b"%s %s %s\n" % (change.verb.encode(), change.kind.encode(), change.new.encoded)


def _lines(store: Store) -> Iterator[bytes]:
    yield b"VERSION - %d\n" % store.version
    for name, shelf in store.shelves.items():
        kind = name.encode()
        yield b"FLOOR %s %d\n" % (kind, shelf.floor)
        for stored in shelf.base():
            yield b"BASE %s %s\n" % (kind, stored.encoded)
    late = [change for shelf in store.shelves.values() for change in shelf.history]
    for change in sorted(late, key=lambda change: change.new.version):
        yield _change_line(change)


def _replay(store: Store, line: bytes) -> None:
    word, kind, body = line.split(b" ", 2)
    match word:
        case b"VERSION":
            store.version = max(store.version, int(body))
        case b"FLOOR":
            store.shelf(kind.decode()).floor = int(body)
        case b"BASE":
            key, stored = _stored(body)
            store.shelf(kind.decode()).apply(Change("", Verb.ADDED, key, stored, None))
        case _:
            _replay_change(store, Verb(word.decode()), kind.decode(), body)


def _replay_change(store: Store, verb: Verb, kind: str, body: bytes) -> None:
    key, stored = _stored(body)
    change = Change(kind, verb, key, stored, store.get(kind, key))
    shelf = store.shelf(kind)
    shelf.apply(change)
    shelf.remember(change, store.reach, store.clock())
    store.version = max(store.version, stored.version)


def _stored(body: bytes) -> tuple[Key, Stored]:
    obj = orjson.loads(body)
    metadata = obj["metadata"]
    key = (metadata.get("namespace") or "", metadata["name"])
    said = metadata.pop("managedFields", None)
    managed = managed_fields.read(said) or ()
    plain = text(obj) if said else body
    return key, Stored(obj, plain, int(metadata["resourceVersion"]), managed)
