"""Which addresses are not the pools' to give."""

from ipaddress import ip_address

from baremetal_lb.decide.controller.node_facts import claimed, reserved
from baremetal_lb.decide.pools.entries import parse_entry
from baremetal_lb.kube.topology import node_facts
from baremetal_lb.model.node_interfaces import Holder
from baremetal_lb.model.nodes import NodeFacts

NODE = {
    "metadata": {"name": "a"},
    "status": {
        "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}, {"type": "Hostname", "address": "a"}]
    },
    "spec": {"podCIDRs": ["10.244.0.0/24", "fd00:244::/64", "junk"]},
}
NODES = {"a": node_facts(NODE)}


def test_reserved_addresses_say_whose_they_are():
    """A node's, or the command line's; where both say so the node is named."""
    never_give = ip_address("10.0.0.254"), ip_address("10.0.0.1")
    found = {str(address): f"{each.reason}: {each}" for address, each in reserved(never_give, NODES).items()}
    assert found == {
        "10.0.0.254": "Reserved: 10.0.0.254: is ruled out by --never-give",
        "10.0.0.1": "NodeAddress: 10.0.0.1: belongs to node a",
    }


def test_address_on_an_interface_is_reserved_with_node_and_interface():
    """It need not stand in Node.status; where it does, that is said."""
    nodes = {**NODES, "b": NodeFacts((), ())}
    holders = [Holder("b", "eth1", bytes(6)), Holder("a", "eth0", bytes(6))]
    held = dict(zip(map(ip_address, ("10.0.0.7", "10.0.0.1")), holders, strict=True))
    found = {str(address): str(each) for address, each in reserved((), nodes, held).items()}
    assert found == {
        "10.0.0.7": "10.0.0.7: belongs to node b, interface eth1",
        "10.0.0.1": "10.0.0.1: belongs to node a",
    }


def test_a_node_that_the_cluster_does_not_have_reserves_nothing():
    """Whoever can write one report could reserve all pools with it."""
    held = {ip_address("10.0.0.7"): Holder("made-up", "eth0", bytes(6))}
    assert ip_address("10.0.0.7") not in reserved((), NODES, held)


def test_claimed_ranges_name_their_owner():
    """Service ranges once, although flag and API tell them, and the pods of each node."""
    ranges = (parse_entry("10.96.0.0/16"), parse_entry("fd00:96::/112"))
    found = claimed(ranges[:1], NODES, {"kubernetes": ranges})
    assert [f"{each.range} {each.owner}" for each in found] == [
        "10.96.0.0/16 the cluster's Services (--service-cidr)",
        "fd00:96::/112 the cluster's Services (ServiceCIDR kubernetes)",
        "10.244.0.0/24 the pods of node a",
        "fd00:244::/64 the pods of node a",
    ]
