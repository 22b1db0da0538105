"""The LAN itself: hosts on a bridge, in namespaces of their own."""

import subprocess

import pytest

from bench.lan import Lan, NamespaceError
from mockcloud.lab.network import build
from mockcloud.lab.topology import CLIENT, CONTROL_PLANE, LAN, topology

pytestmark = pytest.mark.netns
PLAN = topology(1)


@pytest.fixture
def lan():
    """The LAN of a lab with one node, and no daemons."""
    try:
        made = Lan.of(LAN, *(host.name for host in PLAN.hosts))
    except (NamespaceError, OSError) as error:
        pytest.skip(f"no network namespaces to be had: {error}")
    with made:
        made.run(LAN, lambda: build(PLAN, made.hosts[LAN], made.hosts))
        yield made


def said(lan, host, script):
    """What a shell on the host prints."""
    return lan.run(host, lambda: subprocess.run(["sh", "-c", script], capture_output=True, text=True).stdout)


@pytest.mark.parametrize("host", [CLIENT, CONTROL_PLANE])
def test_a_link_that_was_down_has_its_addresses_and_ranges_again(lan, host):
    """On hosts without an agent, too: the kernel would forget IPv6 addresses when the interface goes down."""
    script = "ip -o addr show eth0 scope global; ip route; ip -6 route | grep -v fe80"
    # For an instant the kernel calls an address tentative, also where it asks nobody for it.
    settled = f"while ip addr show eth0 | grep -q tentative; do :; done; {script}"
    before = said(lan, host, settled)
    assert "fd00:10::" in before
    assert said(lan, host, f"ip link set eth0 down; ip link set eth0 up; {settled}") == before
