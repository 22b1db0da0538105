"""Who leads, by the Lease: as a conversation over time, and by a property."""

from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.decide.leadership import NOBODY, Candidate, Lease, Take, Wait


def test_a_lease_that_is_not_there_is_made():
    """The first one leads at once."""
    assert Take(Lease("a", "", 8.0, 0)) == Candidate("a").consider(None, 0.0)


def test_ones_own_lease_is_taken_again():
    """After a restart under the same name; that is no transition."""
    assert Take(Lease("a", "", 8.0, 3)) == Candidate("a").consider(Lease("a", "t1", 8.0, 3), 0.0)


def test_a_lease_given_back_is_taken_at_once():
    """Whoever stops in order makes way."""
    assert Take(Lease("b", "", 8.0, 4)) == Candidate("b").consider(Lease(NOBODY, "t1", 8.0, 3), 0.0)


def test_a_lease_is_taken_when_it_has_stood_unrenewed_for_its_duration():
    """By this machine's clock, from when it was first seen so; a renewal starts the wait again."""
    candidate = Candidate("b")
    first, renewed = Lease("a", "t1", 8.0), Lease("a", "t2", 8.0)
    assert Wait("a", 2.0) == candidate.consider(first, 100.0)
    assert Wait("a", 1.0) == candidate.consider(first, 107.0)
    assert Wait("a", 2.0) == candidate.consider(renewed, 107.5)
    assert Wait("a", 0.5) == candidate.consider(renewed, 115.0)
    assert Take(Lease("b", "", 8.0, 1)) == candidate.consider(renewed, 115.5)


def test_one_stops_before_another_may_start():
    """The deadline to stop lies between the renewals and the duration that others wait."""
    candidate = Candidate("a")
    assert 2 * candidate.renewal_due() <= candidate.deadline() < candidate.duration


@given(st.lists(st.floats(0.1, 1.9), min_size=1, max_size=30))
def test_a_renewed_lease_is_never_taken(gaps):
    """As long as each look finds a new renewal."""
    candidate, now = Candidate("b"), 0.0
    for number, gap in enumerate(gaps):
        now += gap * 4
        assert isinstance(candidate.consider(Lease("a", f"t{number}", 8.0), now), Wait)
