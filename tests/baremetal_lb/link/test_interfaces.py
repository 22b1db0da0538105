"""The kernel's interfaces, and its news of them."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pyroute2 import IPRoute

from baremetal_lb.link.interfaces import interface_changes
from baremetal_lb.model.interfaces import Interface

pytestmark = pytest.mark.netns


def on_the_node(scenario) -> list[object]:
    """What a coroutine that runs on the node gives back."""
    return asyncio.run(scenario())


async def next_look(changes: AsyncIterator[tuple[Interface, ...]]) -> dict[str, Interface]:
    async with asyncio.timeout(2):
        return {each.name: each for each in await anext(changes)}


def test_first_look_says_what_is_there(wire) -> None:
    """A veth end that is up, and loopback, which has no Ethernet address."""

    async def scenario():
        return await next_look(interface_changes())

    seen = wire.lan.run("node", lambda: on_the_node(scenario))
    index = seen["eth0"].index
    assert seen["eth0"] == Interface(index, "eth0", wire.node.mac)
    assert seen["lo"] == Interface(1, "lo", b"", broadcast=False)


def test_each_change_that_matters_gives_a_new_look(wire) -> None:
    """A new MAC, down and up, a bridge that takes the interface, and one that goes: none needs a timer."""

    acts = (
        lambda ip, eth0: ip.link("set", index=eth0, address="02:42:c0:00:02:99"),
        lambda ip, eth0: ip.link("set", index=eth0, state="down"),
        lambda ip, eth0: ip.link("set", index=eth0, state="up"),
        lambda ip, eth0: ip.link("add", ifname="br9", kind="bridge"),
        lambda ip, eth0: ip.link("set", index=eth0, master=ip.link_lookup(ifname="br9")[0]),
        lambda ip, eth0: ip.link("del", ifname="br9"),
    )

    def perform(act) -> None:
        with IPRoute() as ip:
            act(ip, ip.link_lookup(ifname="eth0")[0])

    async def scenario():
        changes = interface_changes()
        await next_look(changes)
        looks = []
        for act in acts:
            await asyncio.to_thread(perform, act)
            looks.append(await next_look(changes))
        return looks

    def settled(look: dict[str, Interface]) -> tuple[str, bool, bool, bool]:
        eth0 = look["eth0"]
        return eth0.mac.hex(":")[-2:], eth0.up, eth0.enslaved, "br9" in look

    looks = wire.lan.run("node", lambda: on_the_node(scenario))
    assert [settled(look) for look in looks] == [
        ("99", True, False, False),
        ("99", False, False, False),
        ("99", True, False, False),
        ("99", True, False, True),
        ("99", True, True, True),
        ("99", True, False, False),
    ]
