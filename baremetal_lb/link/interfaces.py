"""This node's interfaces by netlink: what is there now, and again when the kernel says that one changed.

Each notice describes one interface whole, so only that one is read anew: on a node with hundreds of pods to
list them all takes longer than the kernel takes for the next change.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Protocol

from pyroute2 import AsyncIPRoute
from pyroute2.netlink.rtnl import RTM_DELLINK, RTM_NEWLINK, RTMGRP_LINK
from pyroute2.netlink.rtnl.ifinfmsg import IFF_BROADCAST, IFF_NOARP, IFF_RUNNING, IFF_UP
from pyroute2.netlink.rtnl.marshal import MarshalRtnl

from baremetal_lb.model.interfaces import HERE, Interface

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_ETHERNET: Final = 1  # ARPHRD_ETHER
_ON_ANOTHER: Final = frozenset({"macvlan", "macvtap", "ipvlan", "ipvtap"})  # in the same LAN as that one
_NOTICE: Final = 65536  # bytes; more than the kernel puts into one
_MOST: Final = 32  # notices taken in at once: to read one takes up to a millisecond, and others wait
_ROOM: Final = 1 << 20  # for notices that wait; some kernels grant less


async def interface_changes() -> AsyncIterator[tuple[Interface, ...]]:
    """All interfaces at once, and all again after each change, where it is one to what Interface holds."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as notices:
        notices.setblocking(False)
        notices.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM)
        notices.bind((0, RTMGRP_LINK))  # before the first look: what changes during it is not missed
        links = Links()
        known: tuple[Interface, ...] | None = None
        while True:
            if not links.complete:
                links.list(await _all())
            if links.seen() != known:
                known = links.seen()
                yield known
            await take(notices, links)


class Picture(Protocol):
    """What the kernel's messages add up to. `complete` is False where only a new list helps."""

    complete: bool

    def notice(self, data: bytes) -> None:
        """Take in the messages of one notice."""


async def take(notices: socket.socket, picture: Picture) -> None:
    """Wait for notices, and take in those that came together."""
    loop = asyncio.get_running_loop()
    try:
        picture.notice(await loop.sock_recv(notices, _NOTICE))
        for _ in range(_MOST):
            picture.notice(notices.recv(_NOTICE))
    except BlockingIOError:
        return
    except OSError as exc:
        if exc.errno != errno.ENOBUFS:
            raise
        picture.complete = False  # more notices than room


async def _all() -> list[Mapping[str, object]]:
    async with AsyncIPRoute(groups=0) as netlink:
        return [message async for message in await netlink.link("dump")]


class Links:
    """What the kernel's messages add up to. `complete` is False where only a new list helps."""

    def __init__(self) -> None:
        self.complete = False
        self._known: dict[int, Interface] = {}
        self._marshal = MarshalRtnl()

    def seen(self) -> tuple[Interface, ...]:
        """All interfaces, in the order of their numbers."""
        return tuple(each for _, each in sorted(self._known.items()))

    def list(self, messages: list[Mapping[str, object]]) -> None:
        """These are all."""
        found = [_interface(each) for each in messages]
        self._known = {each.index: each for each in found}
        self.complete = True

    def notice(self, data: bytes) -> None:
        """Take in the messages of one notice."""
        for message in self._marshal.parse(data):
            if message["header"]["type"] not in (RTM_NEWLINK, RTM_DELLINK):
                continue
            # A bridge tells of its ports, and of their leaving it, in messages of its own family, and a
            # wireless card of this and that; neither describes the interface whole.
            if message["family"] != socket.AF_UNSPEC or message.get("IFLA_WIRELESS") is not None:
                continue
            interface = _interface(message)
            if message["header"]["type"] == RTM_DELLINK:
                self._known.pop(interface.index, None)
            else:
                self._known[interface.index] = interface


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
        carrier=bool(flags & IFF_RUNNING),
        lower=_lower(message),
    )


def _lower(message: Mapping[str, object]) -> tuple[int, int] | None:
    info = message.get("linkinfo")
    kind = info.get("kind") if isinstance(info, Mapping) else None
    link = message.get("link")
    if kind not in _ON_ANOTHER or link is None:
        return None
    namespace = message.get("link_netnsid")  # 0 is a namespace, too
    return int(str(link)), HERE if namespace is None else int(str(namespace))
