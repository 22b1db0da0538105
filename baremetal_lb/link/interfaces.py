"""This node's interfaces by netlink: what is there now, and again when the kernel says that one changed."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import TYPE_CHECKING, Final

from pyroute2 import AsyncIPRoute
from pyroute2.netlink.rtnl import RTMGRP_LINK
from pyroute2.netlink.rtnl.ifinfmsg import IFF_BROADCAST, IFF_NOARP, IFF_UP

from baremetal_lb.model.interfaces import Interface

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

_ETHERNET: Final = 1  # ARPHRD_ETHER
_NOTICE: Final = 65536  # bytes; the content is not looked at


async def interface_changes() -> AsyncIterator[tuple[Interface, ...]]:
    """All interfaces at once, and all again after each change, where it is one to what Interface holds."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as notices:
        notices.setblocking(False)
        notices.bind((0, RTMGRP_LINK))  # before the first look: what changes during it is not missed
        known: tuple[Interface, ...] | None = None
        while True:
            seen = await _interfaces()
            if seen != known:
                known = seen
                yield seen
            await _notice(notices)


async def _notice(notices: socket.socket) -> None:
    """Wait for news; several that came together are one."""
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_recv(notices, _NOTICE)
        while True:
            notices.recv(_NOTICE)
    except BlockingIOError:
        return
    except OSError as exc:
        if exc.errno != errno.ENOBUFS:  # more news than room: there was news
            raise


async def _interfaces() -> tuple[Interface, ...]:
    async with AsyncIPRoute(groups=0) as netlink:
        return tuple([_interface(message) async for message in await netlink.link("dump")])


def _interface(message: Mapping[str, object]) -> Interface:
    flags = int(str(message["flags"]))
    mac = str(message.get("address") or "") if message.get("ifi_type") == _ETHERNET else ""
    return Interface(
        index=int(str(message["index"])),
        name=str(message.get("ifname")),
        mac=bytes.fromhex(mac.replace(":", "")),
        up=bool(flags & IFF_UP),
        broadcast=bool(flags & IFF_BROADCAST),
        noarp=bool(flags & IFF_NOARP),
        enslaved=message.get("master") is not None,
    )
