"""The pods' way out, as text."""

from ipaddress import ip_network

from mockcloud.proxy.decide.outbound import outbound
from mockcloud.proxy.decide.views import Family, NodeView


def test_pods_leave_with_their_nodes_address():
    """Only what leaves the pods' range; in a table that is made anew as a whole."""
    node = NodeView("node-1", (), (ip_network("10.244.1.0/24"),), (ip_network("10.244.0.0/16"),), ())
    lines = outbound(Family.IPV4, node).splitlines()
    table = "table ip mockcloud-pods"
    assert lines[:3] == [f"add {table}", f"delete {table}", f"add {table}"]
    assert lines[4].endswith("ip saddr 10.244.1.0/24 ip daddr != 10.244.0.0/16 masquerade fully-random")
