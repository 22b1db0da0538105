"""Who leads, by the Lease: as a conversation over time, and by a property."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.decide.leader_election import NOBODY, Candidate, Lease, Process, Take, Wait, process_of


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


HERE = Process("here", 7, "0a" * 18, 4026531836)
UNIQUE = "123e4567-e89b-42d3-a456-426614174000"


@pytest.mark.parametrize("host", ["here", "a_b_1", "node-1.example.com"])
def test_a_process_comes_back_from_its_identity(host):
    """Whatever its host is called."""
    process = replace(HERE, host=host)
    assert process_of(process.identity(UNIQUE)) == process


@pytest.mark.parametrize(
    "identity", ["", "pod-1", f"pod-1_{UNIQUE}", "here_7", HERE.identity(UNIQUE) + "x", HERE.identity("1")]
)
def test_other_identities_name_no_process(identity):
    """Those of pods, of other programs, and of nobody."""
    assert process_of(identity) is None


@pytest.mark.parametrize(
    ("other", "beside"),
    [
        pytest.param(replace(HERE, pid=8), True, id="another-pid"),
        pytest.param(replace(HERE, host="there"), False, id="another-host"),
        pytest.param(replace(HERE, boot="0b" * 18), False, id="after-a-boot"),
        pytest.param(replace(HERE, pid_namespace=1), False, id="another-container"),
    ],
)
def test_only_processes_of_one_place_know_each_other_by_pid(other, beside):
    """Elsewhere the same number is another process."""
    assert HERE.is_neighbour(other) is beside
