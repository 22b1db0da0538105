"""Gratuitous ARP and unsolicited NDP: what the announcer wants sent, sent in time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.layer2.gratuitous import SendGratuitous, Tick, WakeAt

if TYPE_CHECKING:
    from collections.abc import Callable

    from baremetal_lb.decide.layer2.gratuitous import Announcer, Event
    from baremetal_lb.link.ports import Ports
    from baremetal_lb.model.addresses import IPAddress


LOOK_AGAIN: Final = 0.02  # seconds


class Shouting:
    """Feeds events and ticks to an announcer, and performs what it returns; `sent` is told of each frame."""

    def __init__(self, announcer: Announcer, ports: Ports, sent: Callable[[IPAddress, float], None]) -> None:
        self._announcer, self._ports, self._sent = announcer, ports, sent
        self._events: asyncio.Queue[Event] = asyncio.Queue()

    def tell(self, event: Event) -> None:
        """Something was won or lost, or an interface is new."""
        self._events.put_nowait(event)

    async def run(self) -> None:
        """Send until cancelled."""
        clock = asyncio.get_running_loop().time
        wake: float | None = None
        while True:
            event = await self._next_event(wake)
            wake = None
            for command in self._announcer.handle(event, clock()):
                match command:
                    case SendGratuitous(address, interface):
                        await self._leased()
                        if self._ports.shout(address, interface):
                            self._sent(address, clock())
                    case WakeAt(at):
                        wake = at

    async def _leased(self) -> None:
        """Who was paused may have been relieved: not a word before it has heard its peers."""
        while self._ports.answering.lapsed():  # noqa: ASYNC110 - an integer of another thread, seldom
            await asyncio.sleep(LOOK_AGAIN)

    async def _next_event(self, until: float | None) -> Event:
        """The next event, or a Tick where `until` passes first."""
        try:
            async with asyncio.timeout_at(until):
                return await self._events.get()
        except TimeoutError:
            return Tick()
