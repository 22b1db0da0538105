"""Machines as instances."""

from ipaddress import IPv4Address, IPv4Network

import pytest

from mockcloud.cloud.core import instances
from mockcloud.cloud.core.catalogue import Catalogue
from mockcloud.cloud.core.state import Draft
from mockcloud.cloud.core.values import Address, Instance
from mockcloud.edge.decide.machines import connected, public_addresses
from mockcloud.edge.inventory import Inventory, Machine, first_state

NOW = 1_000.0
INVENTORY = Inventory(
    IPv4Network("10.0.0.0/16"),
    [IPv4Network("10.0.1.0/24"), IPv4Network("10.0.2.0/24")],
    [Machine("node-1", IPv4Address("10.0.1.11"), 1), Machine("node-2", IPv4Address("10.0.2.12"), 2)],
)


@pytest.fixture
def state():
    return first_state(INVENTORY, Catalogue(), NOW)


def test_the_cloud_that_a_lab_begins_with(state):
    """Each node is an instance that runs, where the node is, in its zone, with a public address."""
    found = {each.name: (str(each.private[0].ip), each.zone) for each in state.all(Instance)}
    assert found == {"node-1": ("10.0.1.11", "fsn1"), "node-2": ("10.0.2.12", "nbg1")}
    assert connected(state, NOW, ["node-1", "node-2"]) == {"node-1": True, "node-2": True}
    assert [str(each) for each in public_addresses(state).values()] == ["10.0.1.11", "10.0.2.12"]


@pytest.mark.parametrize(
    ("command", "takes", "now", "expected"),
    [
        pytest.param("stop_server", 0.0, NOW, False, id="stopped"),
        pytest.param("stop_server", 5.0, NOW + 1, False, id="stopping"),
        pytest.param("reboot_server", 5.0, NOW + 1, False, id="starting"),
        pytest.param("reboot_server", 5.0, NOW + 5, True, id="started"),
    ],
)
def test_whose_instance_is_off_is_cut_off(state, command, takes, now, expected):
    """For as long as it is."""
    draft = Draft(state, NOW, takes)
    instances.order(draft, state.named(Instance, "node-1"), command)
    assert connected(draft.state, now, ["node-1", "node-2"]) == {"node-1": expected, "node-2": True}


def test_who_is_cut_off_by_order_is_so_although_it_runs(state):
    """Frozen, or in a zone that is dead."""
    assert connected(state, NOW, ["node-1", "node-2"], {"node-2"}) == {"node-1": True, "node-2": False}


def test_whose_instance_is_gone_is_cut_off(state):
    """And nobody has its address."""
    draft = Draft(state, NOW)
    instances.delete(draft, state.named(Instance, "node-1"))
    assert connected(draft.state, NOW, ["node-1"]) == {"node-1": False}
    assert list(map(str, public_addresses(draft.state).values())) == ["10.0.2.12"]
    assert len(draft.state.all(Address)) == 1
