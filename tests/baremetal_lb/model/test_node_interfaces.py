"""Whose interface has an address."""

from baremetal_lb.model.node_interfaces import Holder


def test_a_holder_is_named_by_node_and_interface():
    """As the reasons of refusals and Events show it."""
    assert str(Holder("node-1", "eth0", bytes(6))) == "belongs to node node-1, interface eth0"
