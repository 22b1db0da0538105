"""Which of several releases serves a class."""

import pytest

from baremetal_lb.decide.leader_election import Lease
from baremetal_lb.decide.rivals import OLD, PATIENCE, WAITING, Rivals

HELD = Lease("pod", "12:00", 8.0)
GIVEN_BACK = Lease("", "12:00", 8.0)
NEVER_HELD = Lease("", "", 1.0)
WAITS = Lease("", "12:00", 8.0, waits_for="b")


@pytest.mark.parametrize(
    ("lease", "age", "leader", "waiting"),
    [
        pytest.param(HELD, 1.0, "a", (), id="held"),
        pytest.param(HELD, -3600.0, "a", (), id="held-by-a-clock-that-is-ahead"),
        pytest.param(GIVEN_BACK, 1.0, "a", (), id="between-two-replicas"),
        pytest.param(HELD, OLD + 1, None, (), id="left-behind"),
        pytest.param(NEVER_HELD, None, None, (), id="made-by-the-chart"),
        pytest.param(WAITS, 1.0, None, ("a",), id="waits"),
        pytest.param(WAITS, OLD + 1, None, (), id="waited-once"),
    ],
)
def test_who_serves_at_first_sight(lease, age, leader, waiting):
    """A Lease that was left behind stops nobody; one that may be between two replicas does."""
    rivals = Rivals("b")
    rivals.see("a", lease, 100.0, age)
    assert (rivals.leader(100.0), rivals.waiting(100.0)) == (leader, waiting)


def test_a_release_counts_until_it_has_been_silent_for_longer_than_a_rollout():
    """To be taken over costs each of its Services its address."""
    rivals = Rivals("b")
    rivals.see("a", HELD, 0.0, 1.0)
    assert rivals.leader(8.0 + PATIENCE - 0.1) == "a"
    assert rivals.leader(8.0 + PATIENCE) is None
    rivals.see("a", HELD, 50.0, OLD + 1)  # its clock is behind, and it lives
    assert rivals.leader(50.0) == "a"
    rivals.see("a", None, 51.0, None)
    assert rivals.leader(51.0) is None


def test_who_waits_is_believed_for_a_while():
    """It signs again and again."""
    rivals = Rivals("b")
    rivals.see("a", WAITS, 0.0, 1.0)
    assert rivals.waiting(WAITING - 0.1) == ("a",)
    assert rivals.waiting(WAITING) == ()


def test_our_own_lease_is_no_rival():
    """It has the same name."""
    rivals = Rivals("a")
    rivals.see("a", HELD, 0.0, 1.0)
    assert rivals.leader(0.0) is None


@pytest.mark.parametrize(("own", "yields"), [("a", None), ("c", "b")])
def test_of_two_that_began_at_once_the_first_by_name_stays(own, yields):
    """Both come to the same end, by themselves."""
    rivals = Rivals(own)
    rivals.see("b", HELD, 0.0, 1.0)
    assert rivals.must_yield(0.0) == yields
