"""How soon a failed daemon pod is replaced."""

from datetime import UTC, datetime, timedelta

from mockcloud.controllers.daemonset.backoff import MOST, noted, seconds_until_due

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def test_each_failure_waits_twice_as_long():
    """The first is replaced at once; the wait ends at a quarter of an hour."""
    failure, now, waits = None, NOW, []
    for number in range(14):
        failure = noted(failure, f"pod {number}", now)
        waits.append((failure.due - now).total_seconds())
        assert noted(failure, f"pod {number}", now) == failure, "seen again, it is the same failure"
        now = failure.due
    assert waits[:5] == [0, 1, 2, 4, 8]
    assert waits[-1] == MOST.total_seconds()


def test_what_ran_for_long_fails_anew():
    """A failure of long ago says nothing of today's."""
    old = noted(noted(None, "a", NOW), "b", NOW)
    assert noted(old, "c", old.due + 2 * MOST + timedelta(seconds=1)).due == old.due + 2 * MOST + timedelta(
        seconds=1
    )


def test_the_next_look_is_when_the_first_is_due():
    """None where nothing waits."""
    one = noted(noted(None, "a", NOW), "b", NOW)
    two = noted(one, "c", NOW)
    assert seconds_until_due([one, two], NOW) == 1
    assert seconds_until_due([noted(None, "a", NOW)], NOW) is None
