"""Routes to other nodes' pods."""

from mockcloud.node.host.network.state import Route
from mockcloud.node.host.routes import desired_routes


def node(name, cidrs, *ips):
    return {
        "metadata": {"name": name},
        "spec": {"podCIDRs": cidrs},
        "status": {"addresses": [{"type": "InternalIP", "address": ip} for ip in ips]},
    }


def test_each_range_goes_to_its_nodes_address_of_the_same_family():
    """One route a range and other node; none to ourselves."""
    nodes = [
        node("node-1", ["10.244.1.0/24"], "192.168.10.11"),
        node("node-2", ["10.244.2.0/24", "fd00:10:244:2::/64"], "192.168.10.12", "fd00:10::12"),
    ]
    assert desired_routes(nodes, "node-1", "eth0") == {
        Route("10.244.2.0/24", "192.168.10.12", "eth0"),
        Route("fd00:10:244:2::/64", "fd00:10::12", "eth0"),
    }


def test_a_node_that_is_not_registered_yet_has_no_route():
    """Without an address of that family, or without a range, there is nowhere to go."""
    nodes = [
        node("node-2", ["10.244.2.0/24"], "fd00:10::12"),
        {"metadata": {"name": "node-3"}, "spec": {}, "status": {}},
    ]
    assert desired_routes(nodes, "node-1", "eth0") == frozenset()
