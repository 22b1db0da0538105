"""The lowest free address of a pool, in the order of its entries, without ever listing them.

A pointer walks up through addresses never given; those given back below it wait in a heap. Both are lazy:
what is blocked when it comes up is dropped, so whoever unblocks an address must give it back. O(log n)
amortised.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from baremetal_lb.decide.pools.entries import edges
from baremetal_lb.model.addresses import Family, IPAddress
from baremetal_lb.model.reasons import Reason, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from baremetal_lb.model.pools import Pool

BUGGY = (0, 255)
Position = tuple[int, int]  # entry of the pool, address in it


def unusable(pool: Pool, address: IPAddress) -> Refusal | None:
    """Why a pool never gives one of its addresses; None where it does."""
    if pool.avoid_buggy_ips and address.version == 4 and int(address) % 256 in BUGGY:
        return Refusal(Reason.BUGGY_ADDRESS, str(address), f'pool "{pool.name}" has avoid-buggy-ips')
    if pool.skip_network_broadcast and any(
        address in edges(entry) for entry in pool.ranges if address in entry
    ):
        return Refusal(
            Reason.NETWORK_OR_BROADCAST, str(address), "is the network or broadcast address of its network"
        )
    return None


@dataclass(slots=True)
class Vacancy:
    """The free addresses of one family of one pool."""

    pool: Pool
    family: Family
    spans: tuple[tuple[int, int], ...] = field(init=False)
    _entry: int = 0
    _next: int = 0
    _returned: list[Position] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.spans = tuple(_spans(self.pool, self.family))
        if self.spans:
            self._next = self.spans[0][0]

    @property
    def capacity(self) -> int:
        """How many addresses could be given in all."""
        return sum(
            last - first + 1 - (_buggy(first, last) if self._skips_buggy else 0) for first, last in self.spans
        )

    def lowest(self, blocked: Callable[[IPAddress], bool]) -> IPAddress | None:
        """The first address that is not blocked; None where there is none."""
        while self._returned:
            address = self.family.address(self._returned[0][1])
            if not blocked(address):
                return address
            heapq.heappop(self._returned)
        while self._entry < len(self.spans):
            number = self._next
            if number > self.spans[self._entry][1]:
                self._entry += 1
                self._next = self.spans[self._entry][0] if self._entry < len(self.spans) else 0
            elif (self._skips_buggy and number % 256 in BUGGY) or blocked(self.family.address(number)):
                self._next += 1
            else:
                return self.family.address(number)
        return None

    def give_back(self, address: IPAddress) -> None:
        """The address is no longer blocked."""
        position = self.position(address)
        if position is not None and position < (self._entry, self._next) and not self._refuses(address):
            heapq.heappush(self._returned, position)

    def position(self, address: IPAddress) -> Position | None:
        """Where an address stands in the order of giving; None where it is not given by this pool."""
        if address.version != self.family:
            return None
        number = int(address)
        for entry, (first, last) in enumerate(self.spans):
            if first <= number <= last:
                return (entry, number)
        return None

    @property
    def _skips_buggy(self) -> bool:
        return self.pool.avoid_buggy_ips and self.family is Family.V4

    def _refuses(self, address: IPAddress) -> bool:
        return self._skips_buggy and int(address) % 256 in BUGGY


def _spans(pool: Pool, family: Family) -> list[tuple[int, int]]:
    spans = []
    for entry in pool.ranges:
        if entry.family is not family:
            continue
        first, last = int(entry.first), int(entry.last)
        for edge in edges(entry) if pool.skip_network_broadcast else ():
            if int(edge) == first:
                first += 1
            elif int(edge) == last:
                last -= 1
        if first <= last:
            spans.append((first, last))
    return spans


def _buggy(first: int, last: int) -> int:
    """How many of first..last end in .0 or .255."""
    return sum((last - ending) // 256 - (first - 1 - ending) // 256 for ending in BUGGY)
