"""One more kind of host is one file: this one."""

from __future__ import annotations

import sys
from ipaddress import IPv4Network, IPv6Network

import pytest

from mockcloud.lab.components import registry
from mockcloud.lab.components.component import Component
from mockcloud.lab.topology import LAN, Host, Network
from tests.fakes.toy_lab import daemon, run, toy

pytestmark = pytest.mark.netns

OUTSIDE = Network("outside", IPv4Network("203.0.113.0/24"), IPv6Network("2001:db8::/64"))

KNOCK = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], 9), 2)
except OSError as error:
    print(type(error).__name__)
"""


class Edge(Component):
    """A router between the LAN and a second network, a machine on that, and the router's daemon."""

    def networks(self, plan):
        return (OUTSIDE,)

    def hosts(self, plan):
        edge = Host("edge", (LAN.link(5), OUTSIDE.link(1, "eth1")))
        return (edge, Host("visitor", (OUTSIDE.link(9),)))

    def daemons(self, lab):
        return (toy("router", "steady", host="edge", stage=1),)


@pytest.fixture
def edge_lab(start_lab, monkeypatch):
    monkeypatch.setitem(registry.PROVIDERS, "edge", (Edge(),))
    return start_lab(provider="edge")


def test_a_host_on_two_networks_is_wired_started_shown_and_entered(edge_lab):
    """Its component says which networks and hosts there are and what runs there; nothing else knows."""
    shown = {host.name: (host.ipv4, host.ipv6) for host in edge_lab.read().hosts}
    assert list(shown) == ["control-plane", "node-1", "edge", "visitor", "client"]
    assert shown["edge"] == ("192.168.10.5", "fd00:10::5")
    assert (daemon(edge_lab, "router").host, daemon(edge_lab, "router").state) == ("edge", "ready")

    on_both = run(edge_lab, "edge", "--", "ip", "-brief", "address").stdout
    assert {"192.168.10.5/24", "fd00:10::5/64", "203.0.113.1/24", "2001:db8::1/64"} <= set(on_both.split())


@pytest.mark.parametrize(
    ("host", "address", "answers"),
    [
        pytest.param("client", "192.168.10.5", True, id="lan"),
        pytest.param("visitor", "203.0.113.1", True, id="second-network"),
        pytest.param("visitor", "2001:db8::1", True, id="second-network-ipv6"),
        pytest.param("visitor", "192.168.10.5", False, id="networks-are-apart"),
    ],
)
def test_each_network_leads_to_those_who_are_on_it(edge_lab, host, address, answers):
    """A port that nobody has is refused by the host itself, so the packets have come there."""
    asked = run(edge_lab, host, "--", sys.executable, "-c", KNOCK, address)
    assert (asked.stdout.strip() == "ConnectionRefusedError") is answers, asked.stdout + asked.stderr
