"""The clock of a cloud that is started again."""

import pytest

from mockcloud.cloud.journal import Nowhere, SqliteJournal
from mockcloud.cloud.timekeeping import Setting, clock_of


@pytest.mark.parametrize(
    ("setting", "machine", "expected"),
    [
        (Setting(shown=5_000, rate=1, at=1_000), 1_010, 5_010),
        (Setting(shown=5_000, rate=60, at=1_000), 1_010, 5_600),
        (Setting(shown=5_000, rate=0, at=1_000), 9_000, 5_000),
        (Setting(shown=5_000, rate=1, at=1_000), 500, 5_000),
    ],
)
def test_it_goes_on_at_its_rate(setting, machine, expected):
    """Also while nobody ran; a machine's clock that was put back does not put it back."""
    assert setting.now(machine) == expected


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cloud.db"


def test_what_it_was_put_to_outlives_the_process(path):
    """Ahead, and at its rate: what had ended would begin again, and what was made would be of the future."""
    journal = SqliteJournal(path)
    clock = clock_of(journal)
    clock.advance(86_400)
    clock.set_rate(0)
    shown = clock.now()
    journal.close()
    journal = SqliteJournal(path)
    again = clock_of(journal)
    journal.close()
    assert (again.now(), again.rate) == (pytest.approx(shown), 0)


def test_it_is_as_the_machines_where_nobody_changed_it(path):
    """However long nobody ran."""
    journal = SqliteJournal(path)
    assert journal.clock() is None
    assert clock_of(journal).now() == pytest.approx(clock_of(Nowhere()).now(), abs=10)
    journal.close()
