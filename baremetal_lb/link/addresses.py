"""The addresses of this node's interfaces by netlink: all at once, and again after each change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from baremetal_lb.link.netlink import Netlink, hear, take
from baremetal_lb.wire.rtnetlink import Kind, address

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.wire.rtnetlink import Message

_ADDRESSES: Final = 0x10 | 0x100  # RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR


async def address_changes() -> AsyncIterator[Mapping[int, tuple[IPAddress, ...]]]:
    """All addresses by the number of their interface at once, and all again after each change of one."""
    with hear(_ADDRESSES) as notices:  # before the first look: nothing is missed
        addresses = Addresses()
        known: Mapping[int, tuple[IPAddress, ...]] | None = None
        while True:
            if not addresses.complete:
                with Netlink() as netlink:
                    addresses.list(await netlink.all_of(Kind.GET_ADDRESS))
            if addresses.seen() != known:
                known = addresses.seen()
                yield known
            await take(notices, addresses)


class Addresses:
    """What the kernel's messages add up to. `complete` is False where only a new list helps."""

    def __init__(self) -> None:
        self.complete = False
        self._known: dict[int, dict[IPAddress, None]] = {}

    def seen(self) -> dict[int, tuple[IPAddress, ...]]:
        """All addresses, by the number of their interface."""
        return {index: tuple(found) for index, found in self._known.items() if found}

    def list(self, told: Iterable[Message]) -> None:
        """These are all."""
        self._known = {}
        self.notice(told)
        self.complete = True

    def notice(self, told: Iterable[Message]) -> None:
        """Take in the messages of one notice."""
        for message in told:
            if message.kind in (Kind.NEW_ADDRESS, Kind.DELETED_ADDRESS):
                self._put(message)

    def _put(self, message: Message) -> None:
        news = address(message)
        if news is None:
            return
        found = self._known.setdefault(news.index, {})
        if news.usable:
            found[news.address] = None
        else:  # it went, or somebody else has it, so that the kernel does not use it
            found.pop(news.address, None)
