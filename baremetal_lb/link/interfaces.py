"""This node's interfaces by netlink: what is there now, and again when the kernel says that one changed.

Each notice describes one interface whole, so only that one is read anew: on a node with hundreds of pods to
list them all takes longer than the kernel takes for the next change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from baremetal_lb.link.netlink import Netlink, hear, take
from baremetal_lb.wire.rtnetlink import Kind, link

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from baremetal_lb.model.interfaces import Interface
    from baremetal_lb.wire.rtnetlink import Message

_LINKS: Final = 0x1  # RTMGRP_LINK


async def interface_changes() -> AsyncIterator[tuple[Interface, ...]]:
    """All interfaces at once, and all again after each change, where it is one to what Interface holds."""
    with hear(_LINKS) as notices:  # before the first look: what changes during it is not missed
        links = Links()
        known: tuple[Interface, ...] | None = None
        while True:
            if not links.complete:
                with Netlink() as netlink:
                    links.list(await netlink.all_of(Kind.GET_LINK))
            if links.seen() != known:
                known = links.seen()
                yield known
            await take(notices, links)


class Links:
    """What the kernel's messages add up to. `complete` is False where only a new list helps."""

    def __init__(self) -> None:
        self.complete = False
        self._known: dict[int, Interface] = {}

    def seen(self) -> tuple[Interface, ...]:
        """All interfaces, in the order of their numbers."""
        return tuple(each for _, each in sorted(self._known.items()))

    def list(self, told: Iterable[Message]) -> None:
        """These are all."""
        found = [each for each in map(link, told) if each is not None]
        self._known = {each.index: each for each in found}
        self.complete = True

    def notice(self, told: Iterable[Message]) -> None:
        """Take in the messages of one notice."""
        for message in told:
            if message.kind not in (Kind.NEW_LINK, Kind.DELETED_LINK):
                continue
            interface = link(message)
            if interface is None:
                continue
            if message.kind == Kind.DELETED_LINK:
                self._known.pop(interface.index, None)
            else:
                self._known[interface.index] = interface
