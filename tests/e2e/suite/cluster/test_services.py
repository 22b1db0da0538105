"""What is read from a Service's status, and what questions say of it."""

from __future__ import annotations

import pytest

from e2e.suite.cluster.services import (
    addresses,
    announced,
    announced_elsewhere,
    announcers,
    condition,
    every,
    says,
)
from testkit.objects import service

TOLD = "192.0.2.1, fd00::1 by node-1 on eth0 (02:00:00:00:00:01)"


def standing(*ips, **conditions):
    """A Service with these addresses; each condition is its status, reason and message."""
    listed = [
        {"type": f"baremetal-lb.io/{name}", "status": status, "reason": reason, "message": message}
        for name, (status, reason, message) in conditions.items()
    ]
    return service(status={"loadBalancer": {"ingress": [{"ip": ip} for ip in ips]}, "conditions": listed})


FULL = standing(Allocated=("False", "Exhausted", "pool lan is full"))
BOTH = standing("192.0.2.1", "fd00::1", Announced=("True", "Announced", TOLD))
NOBODY = standing("192.0.2.1", Announced=("False", "NoEndpoints", "no pod is ready"))


def test_addresses_and_announcers_are_those_of_the_status():
    """In its order; nobody announces what is said to be announced by nobody."""
    assert addresses(BOTH) == ["192.0.2.1", "fd00::1"]
    assert announcers(BOTH) == {"192.0.2.1": "node-1", "fd00::1": "node-1"}
    assert announcers(NOBODY) == {}
    assert addresses(service()) == []


@pytest.mark.parametrize(
    ("asked", "lacks"),
    [
        pytest.param(BOTH, "", id="announced"),
        pytest.param(FULL, "it has no address: Exhausted: pool lan is full", id="no-address"),
        pytest.param(NOBODY, "192.0.2.1: NoEndpoints: no pod is ready", id="nobody"),
        pytest.param(service(), "it has no address: nothing is said", id="nothing"),
    ],
)
def test_what_is_not_announced_says_why(asked, lacks):
    """In the words of its conditions."""
    assert announced(asked) == lacks


def test_a_condition_has_a_reason_or_is_told():
    """The question, and the condition itself."""
    assert says("Allocated", "Exhausted")(FULL) == ""
    assert "Exhausted" in says("Allocated", "Allocated")(FULL)
    assert condition(FULL, "Announced") == {}


def test_elsewhere_is_another_node():
    """The same node is told; so is whatever keeps it from being announced."""
    assert announced_elsewhere("node-2")(BOTH) == ""
    assert announced_elsewhere("node-1")(BOTH) == "node-1 announces it"
    assert "NoEndpoints" in announced_elsewhere("node-1")(NOBODY)


def test_a_question_to_several_names_those_that_lack_something():
    """One that is not there does, too."""
    lacking = every(announced, "a", "b", "c")({"a": BOTH, "b": FULL})

    assert lacking == "b: it has no address: Exhausted: pool lan is full; c: it is not there"
