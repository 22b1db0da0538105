"""The environments known by name, and the script by which a node takes its own link down."""

from __future__ import annotations

import os
import subprocess

import pytest

from e2e.suite.environments import known
from e2e.suite.environments.environment import Cannot, Fault

ADDRESSES = ("192.0.2.1/24", "2001:db8::1/64")
ROUTES = ("198.51.100.0/24 via 192.0.2.2", "2001:db8:1::/64 via 2001:db8::2")
SHOWN = "ip -4 route show dev eth0; ip -6 route show dev eth0 | grep -v ^fe80 | sed 's/ pref.*//'"


def test_a_container_of_kind_is_hurt_by_docker():
    """Its name is the node's."""
    assert known.kind().kill == Fault(("docker", "kill", "{node}"), ("docker", "start", "{node}"))


def test_this_host_can_hurt_nobody():
    """Each fault says why, so that a scenario is skipped with that reason."""
    plain = known.plain()

    assert [type(each) for each in (plain.cut, plain.kill, plain.pause)] == [Cannot] * 3


@pytest.mark.netns
def test_a_container_that_took_its_link_down_has_addresses_and_routes_again():
    """What a kernel drops with a link and does not bring back: IPv6 addresses, and routes by a gateway."""
    if os.getuid() != 0:
        pytest.skip("not root: needs a network namespace of its own")
    cut = known.kind().cut.on("node")
    assert cut.begin[:5] == cut.end[:5] == ("docker", "exec", "node", "sh", "-ec")
    steps = [
        "mount -t tmpfs none /run",
        "ip link add eth0 type veth peer name other && ip link set other up && ip link set eth0 up",
        *(f"ip addr add {each} dev eth0 nodad" for each in ADDRESSES),
        *(f"ip route add {each} dev eth0" for each in ROUTES),
        *(SHOWN, "echo ---", cut.begin[5], SHOWN, "echo ---", cut.end[5], SHOWN),
    ]

    done = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-ec", "\n".join(steps)],
        capture_output=True,
        text=True,
        check=True,
    )

    before, down, after = done.stdout.split("---\n")
    assert down == ""
    assert sorted(after.splitlines()) == sorted(before.splitlines())
    assert all(each.split()[0] in after for each in ROUTES)
