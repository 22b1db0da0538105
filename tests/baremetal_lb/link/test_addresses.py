"""The kernel's addresses, and its news of them."""

import asyncio
from ipaddress import ip_address

import pytest
from pyroute2 import IPRoute

from baremetal_lb.link.addresses import address_changes

pytestmark = pytest.mark.netns
ADDRESS = "192.0.2.7"


def test_addresses_are_seen_at_once_and_when_they_come_and_go(wire) -> None:
    """None of it needs a timer; an interface that goes takes its addresses along."""

    def perform(act) -> None:
        with IPRoute() as ip:
            act(ip)

    def index(ip: IPRoute, name: str) -> int:
        return ip.link_lookup(ifname=name)[0]

    acts = (
        lambda ip: ip.addr("add", index=index(ip, "eth0"), address=ADDRESS, prefixlen=24),
        lambda ip: ip.addr("del", index=index(ip, "eth0"), address=ADDRESS, prefixlen=24),
        lambda ip: ip.addr("add", index=index(ip, "br9"), address=ADDRESS, prefixlen=32),
        lambda ip: ip.link("del", ifname="br9"),
    )

    async def scenario():
        await asyncio.to_thread(perform, lambda ip: ip.link("add", ifname="br9", kind="bridge", state="up"))
        changes, seen = address_changes(), []

        async def has_it(wanted: bool) -> None:
            async with asyncio.timeout(60):
                while True:
                    look = await anext(changes)
                    found = [each for own in look.values() for each in own]
                    if (ip_address(ADDRESS) in found) is wanted:
                        seen.append(wanted)
                        return

        await has_it(False)
        for at, act in enumerate(acts):
            await asyncio.to_thread(perform, act)
            await has_it(at % 2 == 0)
        return seen

    assert wire.lan.run("node", lambda: asyncio.run(scenario())) == [False, True, False, True, False]
