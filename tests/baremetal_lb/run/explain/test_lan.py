"""Asking a LAN who has an address, on a real wire."""

import asyncio
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from baremetal_lb.run.explain import lan
from baremetal_lb.run.explain.lan import CannotAsk, ask
from testkit.lan import Lan, NamespaceError

pytestmark = pytest.mark.netns
V4, V6, NOBODY = "192.0.2.1", "2001:db8::1", "192.0.2.9"


@pytest.fixture
def wire() -> Iterator[Lan]:
    """An admin's machine, and one that has both addresses."""
    try:
        made = Lan.of("admin", "owner")
    except NamespaceError as exc:
        pytest.skip(f"no user and network namespaces here: {str(exc).splitlines()[-1]}")
    with made:
        made.connect(("admin", "eth0"), ("owner", "eth0"))
        made.address("admin", "eth0", "192.0.2.77", 24)
        made.address("owner", "eth0", V4, 24)
        made.address("owner", "eth0", V6, 64)
        yield made


def heard(wire: Lan, *names: str) -> object:
    def inside() -> object:
        lan.QUESTIONS = 30  # on a busy machine, and before IPv6 has found its address to be free
        lan.SECONDS = 0.1
        try:
            asked = asyncio.run(ask(names, list(map(ip_address, (V4, V6, NOBODY)))))
        except CannotAsk as exc:
            return str(exc)
        return sorted((str(each.address), each.mac, each.interface) for each in asked.heard)

    return wire.run("admin", inside)


def test_who_has_it_answers_in_both_families(wire):
    """And nobody for an address that is free."""
    mac = wire.mac("owner", "eth0").hex(":")
    assert [tuple(each) for each in heard(wire, "eth0")] == [(V4, mac, "eth0"), (V6, mac, "eth0")]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("eth9", "no interface is called 'eth9': this machine has lo, eth0", id="none"),
        pytest.param("lo", "interface 'lo' is no Ethernet: nobody can be asked there", id="no LAN"),
    ],
)
def test_where_nobody_can_be_asked_it_is_said(wire, name, said):
    """With the interfaces that there are."""
    assert heard(wire, name) == said
