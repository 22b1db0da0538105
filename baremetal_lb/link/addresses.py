"""The addresses of this node's interfaces by netlink: all at once, and again after each change."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from pyroute2 import AsyncIPRoute
from pyroute2.netlink.rtnl import (
    RTM_DELADDR,
    RTM_NEWADDR,
    RTMGRP_IPV4_IFADDR,
    RTMGRP_IPV6_IFADDR,
)
from pyroute2.netlink.rtnl.marshal import MarshalRtnl

from baremetal_lb.link.interfaces import take

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from baremetal_lb.model.addresses import IPAddress

_ROOM: Final = 1 << 20  # bytes for notices that wait; some kernels grant less
_FAILED: Final = 0x08  # IFA_F_DADFAILED: somebody else has it, so the kernel does not use it


async def address_changes() -> AsyncIterator[Mapping[int, tuple[IPAddress, ...]]]:
    """All addresses by the number of their interface at once, and all again after each change of one."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as notices:
        notices.setblocking(False)
        notices.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM)
        notices.bind((0, RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR))  # before the first look: nothing is missed
        addresses = Addresses()
        known: Mapping[int, tuple[IPAddress, ...]] | None = None
        while True:
            if not addresses.complete:
                addresses.list(await _all())
            if addresses.seen() != known:
                known = addresses.seen()
                yield known
            await take(notices, addresses)


async def _all() -> list[Mapping[str, object]]:
    async with AsyncIPRoute(groups=0) as netlink:
        return [message async for message in await netlink.addr("dump")]


class Addresses:
    """What the kernel's messages add up to. `complete` is False where only a new list helps."""

    def __init__(self) -> None:
        self.complete = False
        self._known: dict[int, dict[IPAddress, None]] = {}
        self._marshal = MarshalRtnl()

    def seen(self) -> dict[int, tuple[IPAddress, ...]]:
        """All addresses, by the number of their interface."""
        return {index: tuple(found) for index, found in self._known.items() if found}

    def list(self, messages: list[Mapping[str, object]]) -> None:
        """These are all."""
        self._known = {}
        for each in messages:
            self._put(each, there=True)
        self.complete = True

    def notice(self, data: bytes) -> None:
        """Take in the messages of one notice."""
        for message in self._marshal.parse(data):
            kind = message["header"]["type"]
            if kind in (RTM_NEWADDR, RTM_DELADDR):
                self._put(message, there=kind == RTM_NEWADDR)

    def _put(self, message: Mapping[str, object], *, there: bool) -> None:
        # On a link with two ends IFA_ADDRESS is the other end's.
        text = message.get("IFA_LOCAL") or message.get("IFA_ADDRESS")
        found = self._known.setdefault(int(str(message["index"])), {})
        address = ip_address(str(text))
        if there and not int(str(message.get("IFA_FLAGS") or message["flags"])) & _FAILED:
            found[address] = None
        else:
            found.pop(address, None)
