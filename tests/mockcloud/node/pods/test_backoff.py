"""Waits between starts."""

from mockcloud.node.pods.backoff import doubled, failures_after, restart_delay


def test_the_waits_double_to_a_bound():
    """None at first, then from one second to thirty."""
    assert [restart_delay(failures) for failures in range(1, 9)] == [0, 1, 2, 4, 8, 16, 30, 30]
    assert doubled(1000) == 30


def test_a_long_run_starts_the_count_again():
    """A container that ran for a minute is not in a loop."""
    assert (failures_after(5, 59.0), failures_after(5, 60.0)) == (6, 1)
