"""Durations go on while the wall clock steps."""

from datetime import UTC, datetime, timedelta

from baremetal_lb.run.clock import SteadyClock, since_boot


def test_a_step_of_the_wall_clock_is_no_time_that_passes() -> None:
    """Two hours back, and a second later it is a second later; the offset gives the time of day."""
    wall, boot = datetime(2026, 3, 1, 12, tzinfo=UTC), 100.0
    clock = SteadyClock(lambda: wall, lambda: boot)
    began = clock.now()
    assert (began, clock.offset) == (wall.timestamp(), 0.0)
    wall, boot = wall - timedelta(hours=2) + timedelta(seconds=1), boot + 1.0
    assert clock.now() == began + 1.0
    assert clock.now() + clock.offset == wall.timestamp()


def test_a_slewed_clock_changes_nothing_that_is_told() -> None:
    """The offset is in whole seconds."""
    wall, boot = datetime(2026, 3, 1, 12, tzinfo=UTC), 100.0
    clock = SteadyClock(lambda: wall, lambda: boot)
    wall += timedelta(milliseconds=400)
    assert clock.offset == 0.0


def test_the_machines_own_clock_goes_on() -> None:
    """Two looks, in order."""
    assert since_boot() <= since_boot()
