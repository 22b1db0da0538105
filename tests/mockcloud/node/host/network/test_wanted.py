"""Which network a node is to have."""

from ipaddress import ip_address, ip_interface, ip_network

from mockcloud.node.host.network.state import Address, Protocol, Route
from mockcloud.node.host.network.wanted import Uplink, base

SERVICES = (ip_network("10.96.0.0/16"), ip_network("fd00:10:96::/112"))


def test_the_lan_and_ways_to_services():
    """Addresses with the ranges that come with them, and the ranges of ClusterIPs, which lead nowhere."""
    uplink = Uplink("eth0", (ip_interface("192.168.10.11/24"), ip_interface("fd00:10::11/64")))
    wanted = base(uplink, SERVICES)
    assert wanted.addresses == {Address("eth0", "192.168.10.11", 24), Address("eth0", "fd00:10::11", 64)}
    assert wanted.routes == {
        Route("192.168.10.0/24", "", "eth0", "192.168.10.11", Protocol.KERNEL),
        Route("fd00:10::/64", "", "eth0", protocol=Protocol.KERNEL),
        Route("fe80::/64", "", "eth0", protocol=Protocol.KERNEL),
        Route("10.96.0.0/16", "", "eth0"),
        Route("fd00:10:96::/112", "", "eth0"),
    }


def test_a_node_without_ipv6_has_none_of_it():
    """Nor a way to IPv6 ClusterIPs."""
    wanted = base(Uplink("eth0", (ip_interface("192.168.10.11/24"),)), SERVICES)
    assert {route.destination for route in wanted.routes} == {"192.168.10.0/24", "10.96.0.0/16"}


def test_the_rest_of_the_world_is_behind_a_router():
    """A default route of each family that has one."""
    link = (ip_interface("10.0.1.11/16"), ip_interface("fd00:10::11/64"))
    gateways = (ip_address("10.0.0.1"), ip_address("fd00:10::1"))
    wanted = base(Uplink("eth0", link, gateways), SERVICES)
    assert {route for route in wanted.routes if route.gateway} == {
        Route("0.0.0.0/0", "10.0.0.1", "eth0"),
        Route("::/0", "fd00:10::1", "eth0"),
    }
