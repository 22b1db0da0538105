"""Times: as people read them, and by two clocks."""

from baremetal_lb.model.times import Times, clock_time


def test_a_time_of_day_is_in_utc_whatever_the_machines_zone(monkeypatch):
    """12:34:56 of the first day."""
    monkeypatch.setenv("TZ", "America/New_York")
    assert clock_time(12 * 3600 + 34 * 60 + 56.9) == "12:34:56Z"


def test_a_time_by_one_clock_is_as_far_away_by_the_other():
    """The machine may have slept before, but does not from here on."""
    now = Times(awake=100.0, steady=1_000_000.0)
    assert now.awake_at(1_000_005.0) == 105.0
    assert now.awake_at(999_990.0) == 90.0
