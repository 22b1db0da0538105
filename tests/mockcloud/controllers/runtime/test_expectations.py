"""Expectations against an informer that lags behind."""

from dataclasses import dataclass, field

import pytest

from mockcloud.controllers.runtime.expectations import Expectations
from testkit import objects

OWNER, POD = ("ns", "web"), ("ns", "web-1")


@dataclass
class Lagging:
    """What an Expectations reads of an informer."""

    version: int = 5
    items: dict = field(default_factory=dict)


def pod(version, **metadata):
    return objects.pod(
        "web-1", namespace="ns", metadata={"uid": "u", "resourceVersion": str(version), **metadata}
    )


@pytest.fixture
def informer():
    return Lagging()


def test_a_created_object_is_waited_for(informer):
    """Until the informer shows its version."""
    expectations = Expectations(informer)
    assert expectations.satisfied(OWNER)
    expectations.wrote(OWNER, pod(6))
    assert not expectations.satisfied(OWNER)
    informer.version = 6
    assert expectations.satisfied(OWNER)


def test_a_created_object_that_is_gone_again_is_not_waited_for(informer):
    """The informer has passed the version without showing it: nothing can be stuck."""
    expectations = Expectations(informer)
    expectations.wrote(OWNER, pod(6))
    informer.version = 9
    assert expectations.satisfied(OWNER)


def test_an_echo_that_was_faster_than_the_answer_is_not_waited_for(informer):
    """The watch may tell of the object before the request returns."""
    expectations = Expectations(informer)
    informer.items[POD] = pod(6)
    expectations.wrote(OWNER, pod(6))
    assert expectations.satisfied(OWNER)


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(None, id="gone"),
        pytest.param(pod(7, deletionTimestamp="now"), id="terminating"),
        pytest.param(pod(7, uid="other"), id="replaced"),
    ],
)
def test_a_deletion_is_waited_for(informer, seen):
    """Until the object is gone, terminating or another."""
    informer.items[POD] = pod(5)
    expectations = Expectations(informer)
    expectations.deleted(OWNER, POD, "u")
    assert not expectations.satisfied(OWNER)
    informer.items = {POD: seen} if seen else {}
    assert expectations.satisfied(OWNER)


def test_owners_do_not_wait_for_each_other_and_can_be_forgotten(informer):
    """One owner's writes hold up that owner only."""
    expectations = Expectations(informer)
    expectations.wrote(OWNER, pod(6))
    assert expectations.satisfied(("ns", "other"))
    expectations.forget(OWNER)
    assert expectations.satisfied(OWNER)
