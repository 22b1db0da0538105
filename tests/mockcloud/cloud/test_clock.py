"""The cloud's clock, on a machine's clock of our own."""

import pytest

from mockcloud.cloud.clock import Clock


@pytest.fixture
def machine():
    return [0.0]


@pytest.fixture
def clock(machine):
    return Clock(lambda: machine[0], 1_000.0)


def test_it_runs_as_the_machine_faster_and_not_at_all(machine, clock):
    """What it showed when the rate changed stays."""
    machine[0] = 5
    assert clock.now() == 1_005
    clock.set_rate(10)
    machine[0] = 6
    assert clock.now() == 1_015
    clock.set_rate(0)
    machine[0] = 100
    assert clock.now() == 1_015
    clock.advance(20)
    assert clock.now() == 1_035


@pytest.mark.parametrize("rate", [-1, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(clock, rate):
    with pytest.raises(ValueError, match="expected 0"):
        clock.set_rate(rate)


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_it_never_goes_back(clock, seconds):
    with pytest.raises(ValueError, match="expected 0 or more"):
        clock.advance(seconds)
