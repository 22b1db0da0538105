"""Freed addresses that rest before they are given again: how many, until when, and whose time has come."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baremetal_lb.model.addresses import IPAddress


@dataclass(slots=True)
class Cooldowns:
    """The resting addresses of one family of one pool. Times are in seconds, of whatever clock is used."""

    _until: dict[IPAddress, float] = field(default_factory=dict)
    _by_end: list[tuple[float, int, IPAddress]] = field(
        default_factory=list
    )  # a heap; what is over is dropped

    def __len__(self) -> int:
        return len(self._until)

    def __contains__(self, address: IPAddress) -> bool:
        return address in self._until

    def items(self) -> Iterator[tuple[IPAddress, float]]:
        """Each address, and until when it rests."""
        return iter(self._until.items())

    def begin(self, address: IPAddress, until: float) -> None:
        """An address rests from now on."""
        self._until[address] = until
        heapq.heappush(self._by_end, (until, int(address), address))

    def end(self, address: IPAddress) -> None:
        """Somebody asked for the address by name, so its rest is over."""
        self._until.pop(address, None)

    def next_end(self) -> float | None:
        """When the first of them is free again."""
        while self._by_end and self._until.get(self._by_end[0][2]) != self._by_end[0][0]:
            heapq.heappop(self._by_end)
        return self._by_end[0][0] if self._by_end else None

    def over(self, now: float) -> list[IPAddress]:
        """Those whose rest is over; they are forgotten here."""
        found = []
        while (until := self.next_end()) is not None and until <= now:
            address = self._by_end[0][2]
            del self._until[address]
            found.append(address)
        return found
