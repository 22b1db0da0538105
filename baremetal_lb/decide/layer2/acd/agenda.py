"""What is due when, by address, and no more at a time than a network takes well."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baremetal_lb.model.addresses import IPAddress

STEP: Final = 0.005  # seconds
NEVER: Final = float("inf")


@dataclass(slots=True)
class Agenda:
    """One time for each address; at most `pace` of them come due in one STEP."""

    pace: int = 50
    _turns: dict[IPAddress, int] = field(default_factory=dict)  # the entry of the heap that counts
    _due: list[tuple[float, int, IPAddress]] = field(default_factory=list)  # a heap
    _count: int = 0
    _step_began: float = float("-inf")
    _taken: int = 0

    def put(self, address: IPAddress, at: float) -> None:
        """Due at that time, and at no other."""
        self._count += 1
        self._turns[address] = self._count
        heapq.heappush(self._due, (at, self._count, address))

    def drop(self, address: IPAddress) -> None:
        """Never due."""
        self._turns.pop(address, None)

    def due(self, now: float) -> Iterator[IPAddress]:
        """Those whose time has come, each taken off; the others wait for the next STEP."""
        if now >= self._step_began + STEP:
            self._step_began, self._taken = now, 0
        while self._taken < self.pace and self._next() <= now:
            _, _, address = heapq.heappop(self._due)
            del self._turns[address]
            self._taken += 1
            yield address

    def wake_at(self, now: float) -> float:
        """When to look again, after `due`; NEVER where nothing is."""
        at = self._next()
        return at if at > now else self._step_began + STEP

    def _next(self) -> float:
        while self._due and self._turns.get(self._due[0][2]) != self._due[0][1]:
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else NEVER


def chance(address: IPAddress, salt: str) -> float:
    """From 0 to 1, as if by chance; the same for the same."""
    return crc32(address.packed + salt.encode()) / 0xFFFFFFFF
