"""Which statuses are written, and when; what was decided is put there by hand."""

from dataclasses import dataclass, field
from ipaddress import ip_address

import pytest

from baremetal_lb.decide.controller.commands import Allocated, WriteStatus
from baremetal_lb.decide.controller.statuses import WORKERS, Statuses
from baremetal_lb.decide.handover import Shown
from baremetal_lb.model.api_names import Reason
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.services import Outcome, ServiceStatus, ServiceView

X, Y = ip_address("10.0.0.1"), ip_address("10.0.0.2")
A, B = ObjectKey("x", "a"), ObjectKey("x", "b")


@dataclass
class Decided:
    """What the allocator and the aggregator would say."""

    views: dict = field(default_factory=dict)
    outcomes: dict = field(default_factory=dict)
    shown: Shown = field(default_factory=Shown)
    conditions: dict = field(default_factory=dict)

    def view(self, key):
        return self.views.get(key)

    def see(self, key, *addresses):
        """Its status shows these, with what belongs to them."""
        told = Outcome(key, addresses, "lab", Reason.ALLOCATED, "")
        status = ServiceStatus(addresses, (), "lab", told.condition) if addresses else ServiceStatus()
        self.views[key] = ServiceView(key, "u", "1", "", is_load_balancer=True, status=status)
        self.shown.see(key, addresses)

    def decide(self, key, *addresses):
        """It is to have these."""
        self.outcomes[key] = Outcome(key, addresses, "lab", Reason.ALLOCATED, "")
        self.shown.decide(key, addresses)


@pytest.fixture
def decided():
    return Decided()


@pytest.fixture
def statuses(decided):
    return Statuses(decided, decided)


def started(statuses):
    """What is to be written now: key -> addresses."""
    return {
        each.write.key: each.write.addresses for each in statuses.start() if isinstance(each, WriteStatus)
    }


def test_a_status_that_says_all_already_is_not_written(decided, statuses):
    """Nothing waits, and nothing is on its way."""
    decided.see(A, X)
    decided.decide(A, X)
    statuses.submit(A, 0.0)
    assert (started(statuses), statuses.is_idle) == ({}, True)


def test_what_is_written_is_as_it_should_be_at_that_moment(decided, statuses):
    """Not as it was when it was submitted."""
    decided.see(A)
    decided.decide(A, X)
    statuses.submit(A, 0.0)
    decided.decide(A, Y)
    assert started(statuses) == {A: (Y,)}


def test_a_service_that_is_gone_is_not_written(decided, statuses):
    """Its place is another's."""
    decided.see(A)
    decided.decide(A, X)
    statuses.submit(A, 0.0)
    del decided.views[A]
    assert (started(statuses), statuses.is_idle) == ({}, True)


def test_only_so_many_are_on_their_way_at_a_time(decided, statuses):
    """One that is written makes room for the next."""
    keys = [ObjectKey("x", f"s{number:02}") for number in range(2 * WORKERS + 1)]
    for number, key in enumerate(keys):
        decided.see(key)
        decided.decide(key, X + number)
        statuses.submit(key, 0.0)
    assert statuses.is_busy
    assert list(started(statuses)) == keys[:WORKERS]
    assert started(statuses) == {}
    list(statuses.see_written(keys[0], 1.0))
    assert list(started(statuses)) == [keys[WORKERS]]
    assert (len(statuses), statuses.is_busy) == (WORKERS, False)


def test_who_gains_an_address_waits_until_who_loses_it_is_seen_without_it(decided, statuses):
    """Then it is written, though nobody submits it again."""
    decided.see(A)
    decided.see(B, X)
    decided.decide(A, X)
    decided.decide(B, Y)
    statuses.submit(A, 0.0)
    statuses.submit(B, 0.0)
    assert started(statuses) == {B: (Y,)}
    decided.see(B, Y)
    list(statuses.see_written(B, 1.0))
    statuses.submit(B, 1.0)
    assert started(statuses) == {A: (X,)}


def test_how_long_a_service_was_without_its_address_is_told(decided, statuses):
    """From when it was first seen to lack it; a status that gains none is not counted."""
    decided.see(A)
    decided.decide(A, X)
    statuses.submit(A, 5.0)
    statuses.submit(A, 6.0)
    started(statuses)
    assert list(statuses.see_written(A, 7.5)) == [Allocated(2.5)]
    decided.see(A, X)
    decided.decide(A)
    statuses.submit(A, 8.0)
    started(statuses)
    assert list(statuses.see_written(A, 9.0)) == []


def test_what_could_not_be_written_is_tried_again_as_it_should_be_by_then(decided, statuses):
    """Or not at all."""
    decided.see(A)
    decided.decide(A, X)
    statuses.submit(A, 0.0)
    started(statuses)
    decided.decide(A, Y)
    (again,) = statuses.try_again(A)
    assert again.write.addresses == (Y,)
    decided.see(A, Y)
    assert list(statuses.try_again(A)) == []
    assert statuses.is_idle
