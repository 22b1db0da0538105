"""What becomes of a connection, hook by hook, by elements put there by hand."""

from ipaddress import ip_address, ip_network

import pytest

from mockcloud.proxy.decide.evaluate import Connection, Fate, Outcome, Table
from mockcloud.proxy.decide.ledger import ABSENT, Change
from mockcloud.proxy.decide.ruleset import Address, Denial, Origin, Route, Slot, Spread
from mockcloud.proxy.decide.views import Family, NodeView, Protocol, Target

NODE = NodeView(
    *("node-1", (ip_address("192.168.10.11"),), (ip_network("10.244.1.0/24"),)),
    *((ip_network("10.244.0.0/16"),), (), (ip_network("10.96.0.0/16"),)),
)
TO = Address("10.96.0.7", Protocol.TCP, 80)
HERE = Target("10.244.1.5", 8080)
CLIENT, POD = "192.168.10.100", "10.244.2.9"


def table(*elements):
    made = Table(NODE, Family.IPV4)
    made.apply([Change(slot, key, ABSENT, value) for slot, key, value in elements])
    return made


def served(origin=Origin.INTERNAL):
    way = Route(origin, Spread(Protocol.TCP, 1))
    return (Slot.SERVICES, TO, way), (Slot.ENDPOINTS, (TO, 0), HERE)


@pytest.mark.parametrize(
    ("origin", "source", "masqueraded"),
    [
        (Origin.INTERNAL, POD, False),
        (Origin.INTERNAL, CLIENT, True),
        (Origin.EXTERNAL, POD, True),
        (Origin.LOCAL, CLIENT, False),
    ],
)
def test_how_a_service_was_addressed_decides_whose_source_is_hidden(origin, source, masqueraded):
    """As kube-proxy does."""
    found = table(*served(origin)).outcome(Connection(source, TO))
    assert found == Outcome(Fate.DELIVERED, frozenset({HERE}), masqueraded)


def test_a_pod_that_reaches_itself_is_hidden_from_itself():
    """Else it would answer to itself directly."""
    made = table(*served(), (Slot.HAIRPIN, HERE.ip, None))
    assert made.outcome(Connection(HERE.ip, TO)).masqueraded
    assert not made.outcome(Connection(POD, TO)).masqueraded


@pytest.mark.parametrize(
    ("elements", "to", "fate"),
    [
        ([(Slot.NO_ENDPOINTS, TO, Denial.REFUSE)], TO, Fate.REFUSED),
        ([(Slot.NO_ENDPOINTS, TO, Denial.DROP)], TO, Fate.DROPPED),
        ([(Slot.CLUSTER_IPS, TO.ip, None)], Address(TO.ip, Protocol.TCP, 81), Fate.REFUSED),
        ([], TO, Fate.DROPPED),
        ([], Address("10.0.0.1", Protocol.TCP, 80), Fate.UNTOUCHED),
    ],
)
def test_what_nobody_serves_is_refused_dropped_or_let_alone(elements, to, fate):
    """A ClusterIP that no Service has is dropped, and an address of others is none of ours."""
    assert table(*elements).outcome(Connection(CLIENT, to)) == Outcome(fate)


def test_source_ranges_come_before_everything():
    """One that is allowed goes on."""
    wall = (Slot.FIREWALLED, TO, None), (Slot.ALLOWED_SOURCES, (TO, "192.168.10.0/24"), None)
    made = table(*served(), *wall)
    assert made.outcome(Connection(CLIENT, TO)).fate is Fate.DELIVERED
    assert made.outcome(Connection("172.16.0.1", TO)).fate is Fate.DROPPED


def test_what_is_taken_away_is_not_there():
    """Changes are followed."""
    made = table(*served())
    (service, endpoint) = served()
    made.apply([Change(each[0], each[1], each[2], ABSENT) for each in (service, endpoint)])
    assert made.outcome(Connection(CLIENT, TO)).fate is Fate.DROPPED
