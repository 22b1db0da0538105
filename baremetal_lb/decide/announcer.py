"""When to shout: gratuitous ARP at once, then again for five seconds.

1.1 s between shouts outlasts the time for which Linux locks a neighbour entry (1 s), and several of them
outlast the loss of one. Frames for many addresses are paced: a node that takes them all floods nobody.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from baremetal_lb.model.addresses import IPAddress

BURST: Final = 5  # shouts: at 0, 1.1, 2.2, 3.3 and 4.4 s
GAP: Final = 1.1
PACE: Final = 50  # shouts in one STEP: 10,000 a second
STEP: Final = 0.005


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
    """A link came up or changed its MAC: everybody there has to hear of every address."""


@dataclass(frozen=True, slots=True)
class Tick:
    """The time asked for by WakeAt has come."""


@dataclass(frozen=True, slots=True)
class SendGratuitous:
    """Tell every neighbour where the address is."""

    address: IPAddress


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Come back with a Tick, then."""

    at: float


Event: TypeAlias = Won | Lost | Renewed | Tick
Command: TypeAlias = SendGratuitous | WakeAt


@dataclass(slots=True)
class Announcer:
    """The shouts owed for the addresses that are ours. Winning what is ours already owes nothing."""

    _ours: dict[IPAddress, int] = field(default_factory=dict)  # shouts left
    _due: list[tuple[float, int, IPAddress]] = field(default_factory=list)  # a heap; the number breaks ties
    _turn: dict[IPAddress, int] = field(default_factory=dict)  # the one entry of _due that counts
    _count: int = 0
    _step_began: float = float("-inf")
    _sent_in_step: int = 0

    def handle(self, event: Event, now: float) -> list[Command]:
        """What to do at `now`; ends with the next wake-up, where a shout is still owed."""
        match event:
            case Won(address):
                if address not in self._ours:
                    self._owe(address, BURST, now)
            case Lost(address):
                self._ours.pop(address, None)
                self._turn.pop(address, None)
            case Renewed():
                for address in self._ours:
                    self._owe(address, BURST, now)
            case Tick():
                pass
        return [*self._shouts(now), *self._wake_up(now)]

    def _owe(self, address: IPAddress, shouts: int, at: float) -> None:
        self._count += 1
        self._ours[address] = shouts
        self._turn[address] = self._count
        heapq.heappush(self._due, (at, self._count, address))

    def _shouts(self, now: float) -> list[Command]:
        if now >= self._step_began + STEP:
            self._step_began, self._sent_in_step = now, 0
        shouts: list[Command] = []
        while self._sent_in_step < PACE and self._next_due() <= now:
            _, _, address = heapq.heappop(self._due)
            shouts.append(SendGratuitous(address))
            self._sent_in_step += 1
            self._settle(address, now)
        return shouts

    def _settle(self, address: IPAddress, now: float) -> None:
        left = self._ours[address] - 1
        if left:
            self._owe(address, left, now + GAP)
        else:
            self._ours[address] = 0
            del self._turn[address]

    def _next_due(self) -> float:
        """When the first shout is owed; for ever away where none is. Drops entries that count no more."""
        while self._due and self._turn.get(self._due[0][2]) != self._due[0][1]:
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else float("inf")

    def _wake_up(self, now: float) -> list[Command]:
        at = self._next_due()
        if at == float("inf"):
            return []
        return [WakeAt(at if at > now else self._step_began + STEP)]
