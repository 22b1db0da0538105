"""Keeps each command's changes before it is acknowledged: in SQLite, or nowhere."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Final, Protocol

from pydantic import TypeAdapter, ValidationError

from mockcloud.cloud.core.state import KINDS, Drop, Put, State, kind_of, ref_to
from mockcloud.cloud.core.values import Ref, Resource, ResourceKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from mockcloud.cloud.core.state import Change

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS resource (kind TEXT, id INTEGER, body TEXT NOT NULL, PRIMARY KEY (kind, id))
  WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS next_id (kind TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS clock
  (one INTEGER PRIMARY KEY, shown REAL NOT NULL, rate REAL NOT NULL, at REAL NOT NULL);
"""
_PATIENCE: Final = 0.5  # seconds, for whoever has the file open


@cache
def _adapter(kind: ResourceKind) -> TypeAdapter[Resource]:
    """Between a kind's values and their text; made when a file has to be read or written."""
    return TypeAdapter(KINDS[kind])


class JournalError(Exception):
    """The file cannot be used; the message says which, and why."""


class Journal(Protocol):
    """Where changes are kept."""

    def keep(self, changes: Iterable[Change], after: State) -> None:
        """All of them or none, for good when it returns; JournalError."""

    def load(self) -> State:
        """All that was kept."""

    def keep_clock(self, shown: float, rate: float, at: float) -> None:
        """What the cloud's clock shows, how fast it goes, and when that is by the machine's; JournalError."""

    def clock(self) -> tuple[float, float, float] | None:
        """The same; None where it was never changed. JournalError."""


class Nowhere:
    """A cloud that ends with its process."""

    def keep(self, changes: Iterable[Change], after: State) -> None:
        """Nothing to do."""

    def load(self) -> State:
        """An empty cloud."""
        return State()

    def keep_clock(self, shown: float, rate: float, at: float) -> None:
        """Nothing to do."""

    def clock(self) -> None:
        """Never changed before this process."""


class SqliteJournal:
    """One row a resource; each command's changes are one transaction."""

    def __init__(self, path: Path) -> None:
        """The file is this process's alone, until it ends. JournalError where another has it, there is no
        such folder, or the file is another thing."""
        self._path = path
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=_PATIENCE)
            # A second cloud on the same file would not see what this one acknowledges, and write over it.
            self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode=WAL")
            # What the system has outlives this process, if not a power cut: to wait for the disk costs each
            # command a millisecond, in which nobody is answered.
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.executescript(_SCHEMA)
            self._connection.execute("BEGIN EXCLUSIVE")
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            taken = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
            msg = f"{path}: {'another cloud has this file open' if taken else error}"
            raise JournalError(msg) from error

    def keep(self, changes: Iterable[Change], after: State) -> None:
        """All of them or none, for good when it returns; JournalError."""
        try:
            with self._refused():
                self._connection.execute("BEGIN IMMEDIATE")
                for change in changes:
                    self._write(change, after)
                self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:  # a full disk has SQLite end it by itself, or not
                self._connection.execute("ROLLBACK")

    def load(self) -> State:
        """All that was kept; JournalError where a row is not readable."""
        state = State()
        try:
            for kind, body in self._connection.execute("SELECT kind, body FROM resource ORDER BY kind, id"):
                state.apply([Put(_adapter(ResourceKind(kind)).validate_json(body))])
            for kind, number in self._connection.execute("SELECT kind, id FROM next_id"):
                state.next_ids[ResourceKind(kind)] = number
        except (sqlite3.Error, ValidationError, ValueError) as error:
            msg = f"{self._path}: {error}"
            raise JournalError(msg) from error
        return state

    def keep_clock(self, shown: float, rate: float, at: float) -> None:
        """For good when it returns; JournalError."""
        with self._refused():
            self._connection.execute("REPLACE INTO clock VALUES (0, ?, ?, ?)", (shown, rate, at))

    def clock(self) -> tuple[float, float, float] | None:
        """As it was kept; None where it never was. JournalError."""
        with self._refused():
            found: tuple[float, float, float] | None = self._connection.execute(
                "SELECT shown, rate, at FROM clock"
            ).fetchone()
        return found

    @contextmanager
    def _refused(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            msg = f"{self._path}: {error}"
            raise JournalError(msg) from error

    def close(self) -> None:
        """Of no use any more."""
        self._connection.close()

    def _write(self, change: Change, after: State) -> None:
        match change:
            case Put(resource):
                kind = kind_of(resource)
                body = _adapter(kind).dump_json(resource).decode()
                self._replace(ref_to(resource), body)
                self._connection.execute("REPLACE INTO next_id VALUES (?, ?)", (kind, after.next_ids[kind]))
            case Drop(ref):
                self._connection.execute("DELETE FROM resource WHERE kind = ? AND id = ?", (ref.kind, ref.id))

    def _replace(self, ref: Ref, body: str) -> None:
        self._connection.execute("REPLACE INTO resource VALUES (?, ?, ?)", (ref.kind, ref.id, body))
