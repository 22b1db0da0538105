"""The file that a cloud keeps everything in."""

import resource
from contextlib import contextmanager

import pytest

from mockcloud.cloud.core.state import Put, State
from mockcloud.cloud.core.values import Certificate, CertificateKind
from mockcloud.cloud.journal import JournalError, SqliteJournal


@contextmanager
def no_room():
    """No file of this process can become larger than it may be now; writes fail as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def keep(journal, state, number):
    """A certificate more."""
    made = [
        Put(Certificate(number, f"c{number}", 0.0, CertificateKind.UPLOADED, (), "x" * 9000, "", 0.0, 0.0))
    ]
    after = State({kind: dict(table) for kind, table in state.tables.items()}, dict(state.next_ids))
    after.apply(made)
    journal.keep(made, after)
    return after


def test_a_second_cloud_on_the_same_file_is_refused(tmp_path):
    """Each would write over what the other has acknowledged; when the first has ended, the file is free."""
    path = tmp_path / "cloud.db"
    first = SqliteJournal(path)
    with pytest.raises(JournalError, match=r"cloud\.db: another cloud has this file open"):
        SqliteJournal(path)
    first.close()
    SqliteJournal(path).close()


def test_what_found_no_room_is_refused_whole_and_the_next_change_is_kept(tmp_path):
    """A full disk costs the changes that it refuses, and none after them."""
    journal = SqliteJournal(tmp_path / "cloud.db")
    state = keep(journal, journal.load(), 1001)
    with no_room():
        for _ in range(3):
            with pytest.raises(JournalError, match=r"cloud\.db: "):
                keep(journal, state, 1002)
    state = keep(journal, state, 1003)
    journal.close()
    reopened = SqliteJournal(tmp_path / "cloud.db")
    assert [each.name for each in reopened.load().all(Certificate)] == ["c1001", "c1003"]
    reopened.close()
