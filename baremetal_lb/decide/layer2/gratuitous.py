"""When gratuitous ARP and unsolicited NAs are sent: at once, again for five seconds, then once an interval.

1.1 s between two of them outlasts the time for which Linux locks a neighbour entry (1 s), and several of them
outlast the loss of one. After that each address is told of once in an interval, for hosts and switches that
missed it all; not all of them at one time, so each interval is a little longer or shorter. Frames for many
addresses are paced: a node that takes them all floods nobody.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias
from zlib import crc32

from baremetal_lb.decide.timers import Tick, WakeAt

if TYPE_CHECKING:
    from baremetal_lb.model.addresses import IPAddress

BURST: Final = 5  # shouts: at 0, 1.1, 2.2, 3.3 and 4.4 s
GAP: Final = 1.1
PACE: Final = 50  # shouts in one STEP: 10,000 a second
STEP: Final = 0.005
JITTER: Final = 0.1  # of the interval, at most, either way


@dataclass(frozen=True, slots=True)
class Won:
    """An address is ours now."""

    address: IPAddress


@dataclass(frozen=True, slots=True)
class Lost:
    """An address is no longer ours."""

    address: IPAddress


@dataclass(frozen=True, slots=True)
class Renewed:
    """An interface came up or changed its MAC: everybody there has to hear of every address."""

    interface: str


@dataclass(frozen=True, slots=True)
class SendGratuitous:
    """Tell the neighbours on one interface, or on all, where the address is."""

    address: IPAddress
    interface: str | None = None


Event: TypeAlias = Won | Lost | Renewed | Tick
Command: TypeAlias = SendGratuitous | WakeAt


@dataclass(slots=True)
class _Owed:
    """Shouts of one address that are left, and which entry of the heap is the next of them."""

    left: int
    turn: int


@dataclass(slots=True)
class Announcer:
    """The shouts owed for the addresses that are ours. Winning what is ours already owes nothing.

    `interval` is the time in seconds between the shouts that go on for ever; 0: there are none.
    """

    interval: float = 0.0
    # By address, then by interface; None: on all of them.
    _ours: dict[IPAddress, dict[str | None, _Owed]] = field(default_factory=dict)
    _due: list[tuple[float, int, IPAddress, str | None]] = field(default_factory=list)  # a heap
    _count: int = 0  # of its entries ever; breaks ties, and tells the ones that still count
    _step_began: float = float("-inf")
    _sent_in_step: int = 0

    def handle(self, event: Event, now: float) -> list[Command]:
        """What to do at `now`; ends with the next wake-up, where a shout is still owed."""
        match event:
            case Won(address):
                if address not in self._ours:
                    self._ours[address] = {}
                    self._owe(address, None, BURST, now)
            case Lost(address):
                self._ours.pop(address, None)
            case Renewed(interface):
                for address in self._ours:
                    self._owe(address, interface, BURST, now)
            case Tick():
                pass
        return [*self._shouts(now), *self._wake_up(now)]

    def _owe(self, address: IPAddress, interface: str | None, shouts: int, at: float) -> None:
        self._count += 1
        self._ours[address][interface] = _Owed(shouts, self._count)
        heapq.heappush(self._due, (at, self._count, address, interface))

    def _shouts(self, now: float) -> list[Command]:
        if now >= self._step_began + STEP:
            self._step_began, self._sent_in_step = now, 0
        shouts: list[Command] = []
        while self._sent_in_step < PACE and self._next_due() <= now:
            _, _, address, interface = heapq.heappop(self._due)
            shouts.append(SendGratuitous(address, interface))
            self._sent_in_step += 1
            self._settle(address, interface, now)
        return shouts

    def _settle(self, address: IPAddress, interface: str | None, now: float) -> None:
        left = self._ours[address][interface].left - 1
        if left > 0:
            self._owe(address, interface, left, now + GAP)
        elif interface is None and self.interval:
            self._owe(address, None, 1, now + self._next_interval(address))
        else:
            del self._ours[address][interface]

    def _next_interval(self, address: IPAddress) -> float:
        """Never the same twice, as if by chance."""
        chance = crc32(address.packed + self._count.to_bytes(8)) / 0xFFFFFFFF
        return self.interval * (1 + JITTER * (2 * chance - 1))

    def _next_due(self) -> float:
        """When the first shout is owed; for ever away where none is. Drops entries that count no more."""
        while self._due and not self._counts(*self._due[0][1:]):
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else float("inf")

    def _counts(self, turn: int, address: IPAddress, interface: str | None) -> bool:
        owed = self._ours.get(address, {}).get(interface)
        return owed is not None and owed.turn == turn

    def _wake_up(self, now: float) -> list[Command]:
        at = self._next_due()
        if at == float("inf"):
            return []
        return [WakeAt(at if at > now else self._step_began + STEP)]
