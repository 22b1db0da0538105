"""The LAN itself: hosts on a bridge, in namespaces of their own."""

import subprocess

import pytest

from mockcloud.lab.components import registry
from mockcloud.lab.components.api import CONTROL_PLANE
from mockcloud.lab.components.client import CLIENT
from mockcloud.lab.components.wiring import build
from mockcloud.lab.plan import Plan
from mockcloud.lab.state import folder
from mockcloud.lab.topology import LAN
from testkit.lan import Lan, NamespaceError

pytestmark = pytest.mark.netns
PLAN = registry.make_lab(Plan(1), folder("none")).topology


@pytest.fixture
def lan():
    """The LAN of a lab with one node, and no daemons."""
    try:
        made = Lan.of(LAN.name, *(host.name for host in PLAN.hosts))
    except (NamespaceError, OSError) as error:
        pytest.skip(f"no network namespaces to be had: {error}")
    with made:
        made.run(LAN.name, lambda: build(PLAN, made.hosts))
        yield made


def said(lan, host, script):
    """What a shell on the host prints."""
    return lan.run(host, lambda: subprocess.run(["sh", "-c", script], capture_output=True, text=True).stdout)


@pytest.mark.parametrize("host", [CLIENT, CONTROL_PLANE])
def test_a_link_that_was_down_has_its_addresses_and_ranges_again(lan, host):
    """On hosts without an agent, too: the kernel would forget IPv6 addresses when the interface goes down.

    The control plane's routes to pods are gone then, as everywhere (docs/nodes.md).
    """
    script = "ip -o addr show eth0 scope global; ip route | grep -v via; ip -6 route | grep -v -e fe80 -e via"
    # For an instant the kernel calls an address tentative, also where it asks nobody for it.
    settled = f"while ip addr show eth0 | grep -q tentative; do :; done; {script}"
    before = said(lan, host, settled)
    assert "fd00:10::" in before
    assert said(lan, host, f"ip link set eth0 down; ip link set eth0 up; {settled}") == before


def test_the_control_plane_has_a_route_to_each_nodes_pods_and_the_client_has_none(lan):
    """The API's proxies lead there; whoever is outside comes by Services."""
    wanted = {"10.244.1.0/24 via 192.168.10.11", "fd00:10:244:1::/64 via fd00:10::11"}
    for host, expected in ((CONTROL_PLANE, wanted), (CLIENT, set())):
        routes = said(lan, host, "ip route; ip -6 route").splitlines()
        assert {line.partition(" dev")[0] for line in routes if "via" in line} == expected
