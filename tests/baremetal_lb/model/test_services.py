"""What decides of a Service."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from baremetal_lb.model.api_names import Reason
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.places import Place, Port, tell
from baremetal_lb.model.services import Condition, Outcome, ServicePort, ServiceStatus, ServiceView

KEY, ADDRESS = ObjectKey("x", "web"), ip_address("10.0.0.1")
VIEW = ServiceView(KEY, "u", "7", "2026-11-21T12:00:00Z", is_load_balancer=True)
PLACE = Place((ADDRESS,), "node-1", (Port("eth0", "02:00:00:00:00:01"),))


def test_a_port_is_shown_with_its_protocol():
    """UDP/53 and TCP/53 are two."""
    assert str(ServicePort("UDP", 53)) == "UDP/53"


@pytest.mark.parametrize(("version", "number"), [("7", 7), ("", 0), ("abc", 0)])
def test_a_version_that_is_not_a_number_is_older_than_all(version, number):
    """KEP-5504 makes them comparable; before it they were opaque."""
    assert replace(VIEW, version=version).number == number


def test_the_oldest_service_comes_first_and_of_equals_the_one_by_name():
    """The same on every replica."""
    older = replace(VIEW, key=ObjectKey("z", "z"), created="2026-11-21T11:00:00Z")
    twin = replace(VIEW, key=ObjectKey("x", "a"))
    assert sorted([VIEW, older, twin], key=lambda view: view.age_order) == [older, twin, VIEW]


def test_where_a_service_was_announced_is_read_from_its_condition():
    """From one that says yes; else nobody did."""
    said = Condition(True, "Announced", tell([PLACE], []))
    assert ServiceStatus(announced=said).places() == (PLACE,)
    assert ServiceStatus(announced=replace(said, status=False)).places() == ()
    assert ServiceStatus().places() == ()


def test_an_outcome_with_addresses_is_a_condition_that_holds():
    """And only then are the addresses vouched for."""
    has = Outcome(KEY, (ADDRESS,), "lab", Reason.ALLOCATED, "10.0.0.1")
    assert has.condition == Condition(True, "Allocated", "10.0.0.1")
    assert not replace(has, addresses=()).condition.status
    assert ServiceStatus(condition=has.condition).is_vouched_for
    assert not ServiceStatus().is_vouched_for
