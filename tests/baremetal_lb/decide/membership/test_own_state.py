"""What a speaker says of itself, step by step."""

import pytest

from baremetal_lb.decide.membership.neighbour import Timing
from baremetal_lb.decide.membership.own_state import OwnState
from baremetal_lb.model.membership import MemberState

TIMING = Timing(interval=0.1, return_delay=10.0)
ACTIVE, FRESH, RETURNING = MemberState.ACTIVE, MemberState.FRESH, MemberState.RETURNING
SETTLING, CUT_OFF, LEAVING = MemberState.SETTLING, MemberState.CUT_OFF, MemberState.LEAVING


def settled(*others, at=0.0):
    own = OwnState(TIMING)
    own.await_peers((), at)
    own.advance(others, at)
    return own


@pytest.mark.parametrize(
    ("others", "state"),
    [((), FRESH), ((SETTLING,), FRESH), ((FRESH,), FRESH), ((ACTIVE,), RETURNING), ((RETURNING,), ACTIVE)],
)
def test_who_finds_others_established_returns_and_takes_nothing_from_them(others, state):
    """First of all, or among those that are new themselves, it takes its share at once; so it does where
    nobody takes anything: then there is nobody to take it from."""
    assert settled(*others).state is state


def test_it_settles_when_all_are_heard_or_the_time_for_it_is_over():
    """Five beats."""
    own = OwnState(TIMING)
    own.await_peers({1, 2}, 0.0)
    own.advance((), 0.4)
    assert (own.state, own.wake_at()) == (SETTLING, 0.5)
    own.advance((), 0.5)
    assert own.state is FRESH


@pytest.mark.parametrize("others", [(ACTIVE,), (RETURNING, ACTIVE)])
def test_who_returns_waits_for_the_delay(others):
    """Unless nobody is left who takes."""
    own = settled(*others)
    own.advance(others, 9.9)
    assert (own.state, own.wake_at()) == (RETURNING, 10.0)
    own.advance(others, 10.0)
    assert own.state is ACTIVE
    alone = settled(*others)
    alone.advance((RETURNING,), 1.0)
    assert alone.state is ACTIVE


def test_who_loses_its_only_peer_goes_on():
    """With two nodes that is what failover is."""
    own = settled(ACTIVE)
    own.lose({2}, 20.0)
    own.advance((), 20.0)
    assert own.state is ACTIVE


def test_who_loses_several_together_is_cut_off_until_it_hears_one():
    """Then it begins anew."""
    own = settled(ACTIVE, ACTIVE)
    own.lose({2}, 20.0)
    own.lose({3}, 21.9)
    own.advance((), 21.9)
    assert own.state is CUT_OFF
    own.find({2})
    own.advance((ACTIVE,), 25.0)
    assert own.state is RETURNING


def test_losses_that_were_not_together_are_deaths():
    """Apart by more than twenty beats."""
    own = settled(ACTIVE, ACTIVE)
    own.lose({2}, 20.0)
    own.lose({3}, 22.1)
    own.advance((), 22.1)
    assert own.state is ACTIVE


def test_one_lost_is_enough_where_the_network_takes_nothing_from_us():
    """Then it is we who are cut off."""
    own = settled(ACTIVE)
    own.blocked = True
    own.lose({2}, 20.0)
    own.advance((), 20.0)
    assert own.state is CUT_OFF


def test_who_leaves_hands_over_and_is_never_anything_else():
    """Five beats long, or until there is nobody to take over."""
    own = settled(ACTIVE)
    own.leave(30.0)
    own.settle_anew((), 30.1)
    own.advance((ACTIVE,), 30.2)
    assert (own.state, own.wake_at()) == (LEAVING, 30.5)
    assert not own.left((ACTIVE,), 30.4)
    assert own.left((ACTIVE,), 30.5)
    assert own.left((SETTLING,), 30.1)
