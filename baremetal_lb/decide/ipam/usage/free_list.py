"""The lowest free address of a pool, in the order of its entries, without ever listing them.

A pointer walks up through addresses never given; those given back below it wait in a heap. Both are lazy:
what is blocked when it comes up is dropped, so whoever unblocks an address must give it back. O(log n)
amortised.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from baremetal_lb.decide.pools.entries import edges
from baremetal_lb.model.addresses import Family, IPAddress
from baremetal_lb.model.api_names import (
    Reason,
)
from baremetal_lb.model.reasons import (
    Refusal,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from baremetal_lb.model.addresses import AddressRange
    from baremetal_lb.model.pools import Pool

BUGGY = (0, 255)


def unusable(pool: Pool, entry: AddressRange, address: IPAddress) -> Refusal | None:
    """Why a pool never gives an address of one of its entries; None where it does."""
    if pool.avoid_buggy_ips and address.version == 4 and int(address) % 256 in BUGGY:
        return Refusal(Reason.BUGGY_ADDRESS, str(address), f'pool "{pool.name}" has avoid-buggy-ips')
    if pool.skip_network_broadcast and address in edges(entry):
        return Refusal(
            Reason.NETWORK_OR_BROADCAST, str(address), "is the network or broadcast address of its network"
        )
    return None


@dataclass(slots=True)
class FreeList:
    """The free addresses of one family of one pool. A place is an address's number in the order of giving."""

    pool: Pool
    family: Family
    size: int = field(init=False)  # how many places there are
    capacity: int = field(init=False)  # how many addresses could be given in all
    _spans: tuple[tuple[int, int], ...] = field(init=False)
    _offsets: list[int] = field(init=False)  # the place of each span's first address
    _by_start: list[tuple[int, int]] = field(init=False)  # each span's first address, and which span it is
    _next: int = 0
    _returned: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._spans = tuple(_spans(self.pool, self.family))
        self._offsets = [0, *accumulate(last - first + 1 for first, last in self._spans)]
        self._by_start = sorted((first, at) for at, (first, _) in enumerate(self._spans))
        self.size = self._offsets.pop()
        skipped = sum(_buggy(first, last) for first, last in self._spans) if self._skips_buggy else 0
        self.capacity = self.size - skipped

    def lowest(self, blocked: Callable[[IPAddress], bool]) -> IPAddress | None:
        """The first address that is not blocked; None where there is none."""
        while self._returned:
            address = self.address_at(self._returned[0])
            if not blocked(address):
                return address
            heapq.heappop(self._returned)
        while self._next < self.size:
            address = self.address_at(self._next)
            if not self._refuses(address) and not blocked(address):
                return address
            self._next += 1
        return None

    def give_back(self, address: IPAddress) -> None:
        """The address is no longer blocked."""
        place = self.place(address)
        if place is not None and place < self._next:
            heapq.heappush(self._returned, place)

    def place(self, address: IPAddress) -> int | None:
        """Where an address stands in the order of giving; None where this pool does not give it."""
        if address.version != self.family or self._refuses(address):
            return None
        number = int(address)
        at = bisect_right(self._by_start, (number, len(self._spans))) - 1
        if at < 0:
            return None
        span = self._by_start[at][1]
        first, last = self._spans[span]
        return self._offsets[span] + number - first if number <= last else None

    def address_at(self, place: int) -> IPAddress:
        """The address of a place."""
        span = bisect_right(self._offsets, place) - 1
        return self.family.address(self._spans[span][0] + place - self._offsets[span])

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
