"""When a daemon that dies is started again."""

import pytest

from mockcloud.lab.processes.restarts import failures_after, restart_delay


@pytest.mark.parametrize(
    ("failures", "delay"),
    [
        pytest.param(1, 0.2, id="first"),
        pytest.param(2, 0.4, id="doubles"),
        pytest.param(6, 6.4, id="sixth"),
        pytest.param(7, 10.0, id="at-most-10"),
        pytest.param(10_000, 10.0, id="for-ever"),
    ],
)
def test_a_daemon_that_dies_waits_longer_each_time(failures, delay):
    """0.2 s, doubling, at most 10 s."""
    assert restart_delay(failures) == pytest.approx(delay)


def test_a_long_run_starts_the_count_again():
    """A daemon that ran half a minute is not punished for exits of yesterday."""
    assert failures_after(5, uptime=29.9) == 6
    assert failures_after(5, uptime=30.0) == 1
