"""The journal: what a killed process finds when it starts again."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockcloud.kube.storage import journal as journal_module
from mockcloud.kube.storage.journal import Journal, JournalError
from mockcloud.kube.storage.store import Reach, Store

KINDS = ("services", "leases")


@contextmanager
def opened(path: Path, history: int = 100) -> Iterator[Store]:
    with closing(Journal(path)) as journal:
        yield journal.load(Reach(changes=history, seconds=0), lambda: 0.0)


def put(store: Store, name: str, kind: str = "services", **fields: object) -> None:
    store.put(kind, ("ns", name), {"metadata": {"name": name, "namespace": "ns"}, **fields})


def picture(store: Store) -> dict[str, object]:
    """All that a client could tell apart."""
    return {
        "version": store.version,
        "objects": {kind: [stored.encoded for stored in store.objects(kind)] for kind in KINDS},
        "floors": {kind: store.shelf(kind).floor for kind in KINDS},
        "history": {
            kind: [(c.verb, c.key, c.new.encoded, c.old and c.old.encoded) for c in store.shelf(kind).history]
            for kind in KINDS
        },
    }


def test_objects_versions_and_history_are_as_before_the_kill(tmp_path):
    """A restart changes nothing that a client can see, not even for a watcher that was away."""
    with opened(tmp_path / "journal") as store:
        put(store, "a", x=1)
        put(store, "a", x=2)
        put(store, "b")
        store.delete("services", ("ns", "b"))
        before = picture(store)
    with opened(tmp_path / "journal") as store:
        assert picture(store) == before


def test_a_torn_last_line_is_forgotten(tmp_path):
    """A kill in the middle of a write loses that write, which nobody was told of, and nothing else."""
    path = tmp_path / "journal"
    with opened(path) as store:
        put(store, "a")
        before = picture(store)
    whole = path.read_bytes()
    path.write_bytes(whole + b'ADDED services {"metadata":{"na')
    with opened(path) as store:
        assert picture(store) == before
        put(store, "b")
        after = picture(store)
    with opened(path) as store:
        assert picture(store) == after


def test_a_damaged_line_in_the_middle_is_named(tmp_path):
    """What cannot be explained by a kill is refused, with the place."""
    path = tmp_path / "journal"
    with opened(path) as store:
        put(store, "a")
        put(store, "b")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"ADDED services {]\n" + lines[1])
    with pytest.raises(JournalError, match="line 2 is damaged"), opened(path):
        pass


def test_two_processes_cannot_share_a_directory(tmp_path):
    """The second one is told; the first goes on."""
    with opened(tmp_path / "journal"), pytest.raises(JournalError, match="another process uses this data"):
        Journal(tmp_path / "journal")


def test_the_file_is_for_its_owner_only(tmp_path):
    """Secrets are in it."""
    with opened(tmp_path / "journal"):
        assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o600


def test_compaction_at_start_keeps_what_the_history_needs(tmp_path):
    """Old changes go, objects and late changes stay, and the version never falls."""
    path = tmp_path / "journal"
    with opened(path, history=5) as store:
        put(store, "kept")
        for number in range(100):
            put(store, "busy", x=number)
        put(store, "gone")
        store.delete("services", ("ns", "gone"))
        before, size = picture(store), path.stat().st_size
    for _ in range(2):
        with opened(path, history=5) as store:
            assert picture(store) == before
    assert path.stat().st_size < size / 5


def test_a_running_journal_is_compacted_when_it_has_grown(tmp_path, monkeypatch):
    """A lab that runs for days does not fill the disk; no write is lost on the way."""
    monkeypatch.setattr(journal_module, "COMPACT_AT_LEAST", 4096)
    path = tmp_path / "journal"
    with opened(path, history=3) as store:
        for number in range(500):
            put(store, f"lease-{number % 3}", "leases", x=number)
            assert path.stat().st_size < 8192
        before = picture(store)
    with opened(path, history=3) as store:
        assert picture(store) == before


def test_half_a_line_does_not_stay_behind(tmp_path, monkeypatch):
    """A full disk refuses a write; what was written of it goes, and the next write is sound."""
    path = tmp_path / "journal"
    with opened(path) as store:
        put(store, "a")
        before, write = picture(store), os.write

        def half(descriptor: int, content: bytes) -> int:
            if len(content) < 10:
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(descriptor, content[: len(content) // 2])

        with monkeypatch.context() as patched:
            patched.setattr(os, "write", half)
            with pytest.raises(OSError, match="No space left"):
                put(store, "b")
        assert picture(store) == before
        put(store, "c")
        after = picture(store)
    with opened(path) as store:
        assert picture(store) == after


def test_a_journal_that_cannot_be_compacted_goes_on_as_it_is(tmp_path, monkeypatch):
    """There is no room for a second file: nothing of the first is lost, and it is tried again later."""
    path = tmp_path / "journal"
    monkeypatch.setattr(journal_module, "COMPACT_AT_LEAST", 1000)
    write = os.write

    def no_room(descriptor: int, content: bytes) -> int:
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith(".new"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, content)

    with opened(path) as store:
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", no_room)
            for number in range(100):
                put(store, f"a{number % 7}")
            full = path.stat().st_size
            assert not path.with_suffix(".new").exists()
        for number in range(1000):
            put(store, f"b{number % 7}")
        assert path.stat().st_size < full * 8
        before = picture(store)
    with opened(path) as store:
        assert picture(store) == before


STEPS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(KINDS), st.booleans()), max_size=40)


@given(STEPS, st.integers(min_value=0, max_value=40), st.integers(min_value=1, max_value=6))
@settings(max_examples=40)
def test_a_kill_at_any_point_loses_no_answered_write(steps, kill_at, history):
    """Whatever was written, wherever the process dies: the next one stands where the last one stood."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        for part in (steps[:kill_at], steps[kill_at:]):
            with opened(path, history) as store:
                for number, (name, kind, is_delete) in enumerate(part):
                    if is_delete:
                        store.delete(kind, ("ns", name))
                    else:
                        put(store, name, kind, x=number)
                before = picture(store)
            with opened(path, history) as store:
                assert picture(store) == before
