"""The lab's address plan: what documents and `up` promise."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from mockcloud.lab.components import registry
from mockcloud.lab.components.baremetal import POOL4
from mockcloud.lab.errors import LabError
from mockcloud.lab.plan import MOST_NODES, Plan
from mockcloud.lab.state import folder
from mockcloud.lab.topology import LAN, lab_name


def topology(nodes):
    return registry.make_lab(Plan(nodes), folder("none")).topology


def test_hosts_have_the_addresses_of_the_documents():
    """docs/architecture.md says these; people type them."""
    plan = topology(3)

    found = {host.name: (str(host.ipv4), str(host.ipv6), str(host.pods4)) for host in plan.hosts}

    assert found == {
        "control-plane": ("192.168.10.10/24", "fd00:10::10/64", "None"),
        "node-1": ("192.168.10.11/24", "fd00:10::11/64", "10.244.1.0/24"),
        "node-2": ("192.168.10.12/24", "fd00:10::12/64", "10.244.2.0/24"),
        "node-3": ("192.168.10.13/24", "fd00:10::13/64", "10.244.3.0/24"),
        "client": ("192.168.10.100/24", "fd00:10::100/64", "None"),
    }


def test_the_largest_lab_has_no_address_twice_nor_in_the_pool():
    """With all nodes there are, addresses stay apart from each other and from the pool."""
    plan = topology(MOST_NODES)
    first, last = (ip_address(text) for text in POOL4.split("-"))

    addresses = [host.ipv4.ip for host in plan.hosts]

    assert len(set(addresses)) == len(addresses) == len({host.ipv6.ip for host in plan.hosts})
    assert all(address in LAN.ipv4 and not first <= address <= last for address in addresses)


@pytest.mark.parametrize("nodes", [pytest.param(0, id="none"), pytest.param(81, id="too-many")])
def test_a_wrong_number_of_nodes_is_refused_with_the_limits(nodes):
    """The message names the number and what was expected."""
    with pytest.raises(LabError, match=f"{nodes} nodes: expected 1 to 80"):
        topology(nodes)


@pytest.mark.parametrize("text", ["", "Lab", "-a", "a-", "a/b", "..", "a" * 33, "a\n"])
def test_a_name_that_could_leave_its_folder_is_refused(text):
    """The name becomes a folder's: only a DNS label will do."""
    with pytest.raises(LabError, match="expected at most 32"):
        lab_name(text)


def test_an_unknown_host_is_answered_with_the_known_ones():
    """A typing mistake shows what could have been meant."""
    with pytest.raises(LabError, match="'node-9': this lab has control-plane, node-1, client"):
        topology(1).host("node-9")
