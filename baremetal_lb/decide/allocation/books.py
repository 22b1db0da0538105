"""Who holds which address: the books, with the indexes that keep every question O(log n)."""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from baremetal_lb.decide.allocation.sharing import Occupancy, Terms, clash
from baremetal_lb.decide.allocation.vacancy import Vacancy
from baremetal_lb.model.addresses import Family, IPAddress, family_of
from baremetal_lb.model.pools import Pool, PoolConfig

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.reasons import Refusal

PoolFamily = tuple[str, Family]


@dataclass(frozen=True, slots=True)
class Holding:
    """What one Service has: addresses (IPv4 first) of one pool; no pool where none has them any more."""

    addresses: tuple[IPAddress, ...]
    pool: str | None


@dataclass(slots=True)
class Books:
    """Holdings, occupied and resting addresses, and what is free in each pool."""

    config: PoolConfig = field(default_factory=PoolConfig)
    node_addresses: Mapping[IPAddress, str] = field(default_factory=dict)
    holdings: dict[ObjectKey, Holding] = field(default_factory=dict)
    usage: Counter[PoolFamily] = field(default_factory=Counter)
    cooling: dict[IPAddress, float] = field(default_factory=dict)
    _occupancies: dict[IPAddress, Occupancy] = field(default_factory=dict)
    _vacancies: dict[PoolFamily, Vacancy] = field(default_factory=dict)
    _rests: list[tuple[float, int, IPAddress]] = field(default_factory=list)
    _sharers: dict[tuple[str, Family], list[int]] = field(default_factory=lambda: defaultdict(list))

    def configure(self, config: PoolConfig, node_addresses: Mapping[IPAddress, str]) -> None:
        """Put other pools under the same holdings."""
        self.config, self.node_addresses = config, node_addresses
        self._vacancies = {
            (pool.name, family): Vacancy(pool, family) for pool in config for family in pool.families()
        }
        self.usage = Counter()
        for address in self._occupancies:
            self._count(address, 1)
        for key, holding in self.holdings.items():
            pools = {pool.name for pool in map(config.containing, holding.addresses) if pool}
            self.holdings[key] = Holding(holding.addresses, min(pools, default=None))

    def claim(self, terms: Terms, addresses: tuple[IPAddress, ...], pool: str | None) -> None:
        """Enter a holder's addresses and terms. What it held before and does not name now it keeps too."""
        for address in addresses:
            occupancy = self._occupancies.get(address)
            if occupancy is None:
                occupancy = self._occupancies[address] = Occupancy()
                self._count(address, 1)
            else:
                self._unindex(address, occupancy)
            occupancy.join(terms)
            self._index(address, occupancy)
            self.cooling.pop(address, None)
        self.holdings[terms.service] = Holding(tuple(sorted(addresses, key=_family_order)), pool)

    def release(self, service: ObjectKey, addresses: tuple[IPAddress, ...], now: float) -> list[IPAddress]:
        """Strike a holder from addresses; returns those that are now free or have a sharer less."""
        touched = []
        for address in addresses:
            occupancy = self._occupancies.get(address)
            if occupancy is None or service not in occupancy.holders:
                continue
            self._unindex(address, occupancy)
            occupancy.leave(service)
            touched.append(address)
            if occupancy.holders:
                self._index(address, occupancy)
            else:
                del self._occupancies[address]
                self._count(address, -1)
                self._vacate(address, now)
        return touched

    def wake(self, now: float) -> list[IPAddress]:
        """The addresses whose rest is over."""
        rested = []
        while self._rests and self._rests[0][0] <= now:
            until, _, address = heapq.heappop(self._rests)
            if self.cooling.get(address) == until:
                del self.cooling[address]
                self._give_back(address)
                rested.append(address)
        return rested

    def next_wake(self) -> float | None:
        """When the next rest ends."""
        return self._rests[0][0] if self._rests else None

    def occupancy(self, address: IPAddress) -> Occupancy | None:
        """Who is on an address; None where nobody is."""
        return self._occupancies.get(address)

    def clash(self, address: IPAddress, terms: Terms, *, consent: bool = True) -> Refusal | None:
        """Why a Service may not be on an address beside those who are there; None where it may."""
        occupancy = self._occupancies.get(address)
        return clash(address, occupancy, terms, consent=consent) if occupancy else None

    def vacancy(self, pool: Pool, family: Family) -> Vacancy | None:
        """The free addresses of a pool's family; None where the pool has no such family."""
        return self._vacancies.get((pool.name, family))

    def lowest_free(self, vacancy: Vacancy) -> IPAddress | None:
        """The first address of a pool that nobody holds, no node owns, and that does not rest."""
        return vacancy.lowest(self._blocked)

    def shared_in(self, vacancy: Vacancy, key: str) -> Iterator[IPAddress]:
        """The addresses of a pool that are held under a sharing key, in the order of giving."""
        numbers = self._sharers.get((key, vacancy.family), [])
        for first, last in vacancy.spans:
            for at in range(bisect_left(numbers, first), len(numbers)):
                if numbers[at] > last:
                    break
                yield vacancy.family.address(numbers[at])

    def _blocked(self, address: IPAddress) -> bool:
        return address in self._occupancies or address in self.cooling or address in self.node_addresses

    def _count(self, address: IPAddress, change: int) -> None:
        pool = self.config.containing(address)
        if pool is not None:
            self.usage[pool.name, family_of(address)] += change

    def _vacate(self, address: IPAddress, now: float) -> None:
        pool = self.config.containing(address)
        if pool is not None and pool.cooldown > 0:
            until = now + pool.cooldown
            self.cooling[address] = until
            heapq.heappush(self._rests, (until, int(address), address))
        else:
            self._give_back(address)

    def _give_back(self, address: IPAddress) -> None:
        pool = self.config.containing(address)
        vacancy = self._vacancies.get((pool.name, family_of(address))) if pool else None
        if vacancy is not None:
            vacancy.give_back(address)

    def _index(self, address: IPAddress, occupancy: Occupancy) -> None:
        for key in {terms.key for terms in occupancy.holders.values() if terms.key}:
            insort(self._sharers[key, family_of(address)], int(address))

    def _unindex(self, address: IPAddress, occupancy: Occupancy) -> None:
        for key in {terms.key for terms in occupancy.holders.values() if terms.key}:
            numbers = self._sharers[key, family_of(address)]
            at = bisect_left(numbers, int(address))
            if at < len(numbers) and numbers[at] == int(address):
                del numbers[at]
            if not numbers:
                del self._sharers[key, family_of(address)]


def _family_order(address: IPAddress) -> int:
    return address.version
