"""Asks on a LAN who answers for addresses, as arping(8) does; IPv6 by neighbour solicitations."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.explain.chain import Asked, Heard
from baremetal_lb.link.conflict_listener import ConflictListener
from baremetal_lb.link.interfaces import Links
from baremetal_lb.link.netlink import Netlink
from baremetal_lb.link.ports import Sockets
from baremetal_lb.model.addresses import AddressRange
from baremetal_lb.wire.rtnetlink import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from baremetal_lb.decide.layer2.acd.claims import Claim
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.interfaces import Interface

SECONDS: Final = 1.0  # that an answer may take, after each question
QUESTIONS: Final = 2  # a frame may be lost


class CannotAsk(Exception):
    """There is no such interface, or nobody to be asked on it."""


async def ask(names: Sequence[str], addresses: Sequence[IPAddress], sockets: Sockets | None = None) -> Asked:
    """Who answers for these on interfaces of those names. CannotAsk, CapabilityMissing without NET_RAW.

    It takes the whole time: that nobody *else* answers is known after it only.
    """
    interfaces = await _interfaces(names)
    heard: dict[Heard, None] = {}

    def on_claim(claim: Claim, interface: str) -> None:
        if not claim.probe:
            heard[Heard(claim.address, claim.mac.hex(":"), interface)] = None

    listener = ConflictListener(on_claim, lambda _address, _interface: True, sockets or Sockets())
    listener.heed([AddressRange(each, each) for each in addresses])
    try:
        listener.fit(interfaces)
        for _ in range(QUESTIONS):
            for address in addresses:
                listener.ask(address)
            await asyncio.sleep(SECONDS)
    finally:
        listener.close()
    macs = {each.name: each.mac.hex(":") for each in interfaces}
    return Asked(macs, tuple(each for each in heard if each.address in addresses), QUESTIONS * SECONDS)


async def _interfaces(names: Sequence[str]) -> list[Interface]:
    links = Links()
    with Netlink() as netlink:
        links.list(await netlink.all_of(Kind.GET_LINK))
    found = {each.name: each for each in links.seen()}
    for name in names:
        if name not in found:
            msg = f"no interface is called {name!r}: this machine has {', '.join(found)}"
            raise CannotAsk(msg)
        if not (found[name].up and found[name].mac):
            why = "is no Ethernet" if found[name].up else "is down"
            msg = f"interface {name!r} {why}: nobody can be asked there"
            raise CannotAsk(msg)
    return [found[name] for name in names]
