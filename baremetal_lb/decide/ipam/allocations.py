"""Who holds which address: the books, with the indexes that keep every question O(log n)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from baremetal_lb.decide.ipam.usage.attempts import Attempts
from baremetal_lb.decide.ipam.usage.cooldown import Rests
from baremetal_lb.decide.ipam.usage.free_list import Vacancy
from baremetal_lb.decide.ipam.usage.quarantine import Quarantine
from baremetal_lb.decide.ipam.usage.sharers import Sharers
from baremetal_lb.decide.ipam.usage.sharing import NO_CHANGE, Occupancy, PortChange, Terms, clash
from baremetal_lb.model.addresses import Family, IPAddress, family_of
from baremetal_lb.model.pools import Pool, PoolConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

    from baremetal_lb.model.conflicts import Occupant
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.reasons import Refusal


@dataclass(frozen=True, slots=True)
class Holding:
    """What one Service has: addresses (IPv4 first) of one pool; no pool where none has them any more."""

    addresses: tuple[IPAddress, ...]
    pool: str | None


@dataclass(slots=True)
class Stock:
    """The addresses of one family of one pool: free, resting, shared, and how many are in use."""

    pool: Pool
    vacancy: Vacancy
    sharers: Sharers
    rests: Rests = field(default_factory=Rests)
    in_use: int = 0  # each address once, however many Services share it
    reserved: int = 0  # never given

    @classmethod
    def of(cls, pool: Pool, family: Family) -> Stock:
        """All of it free."""
        vacancy = Vacancy(pool, family)
        return cls(pool, vacancy, Sharers(vacancy.size))


@dataclass(slots=True)
class Books:
    """Holdings, occupied and resting addresses, and what is free in each pool."""

    config: PoolConfig = field(default_factory=PoolConfig)
    reserved: Mapping[IPAddress, Refusal] = field(default_factory=dict)  # never given, each with the reason
    holdings: dict[ObjectKey, Holding] = field(default_factory=dict)
    quarantine: Quarantine = field(default_factory=Quarantine)
    quarantine_period: float = 300.0  # seconds until an address that somebody else had is tried again
    attempts: Attempts = field(default_factory=Attempts)
    wall_offset: float = 0.0  # what makes the caller's times, which never step, times of day
    _occupancies: dict[IPAddress, Occupancy] = field(default_factory=dict)
    _strangers: dict[ObjectKey, tuple[IPAddress, ...]] = field(default_factory=dict)
    _strange: dict[IPAddress, dict[ObjectKey, str]] = field(default_factory=dict)  # who has it, and how
    _stocks: dict[tuple[str, Family], Stock] = field(default_factory=dict)
    _elsewhere: Rests = field(default_factory=Rests)  # resting addresses that no pool has at present

    def configure(self, config: PoolConfig, reserved: Mapping[IPAddress, Refusal]) -> None:
        """Put other pools under the same holdings."""
        resting = [each for rests in self._all_rests() for each in rests.items()]
        self.config, self.reserved = config, reserved
        self._stocks = {
            (pool.name, family): Stock.of(pool, family) for pool in config for family in pool.families()
        }
        self._elsewhere = Rests()
        for address in reserved:
            stock = self._stock_of(address)
            if stock is not None and stock.vacancy.place(address) is not None:
                stock.reserved += 1
        for address in self._occupancies.keys() | self._strange.keys():
            self._occupy(address)
        for address, occupancy in self._occupancies.items():
            self._share(address, occupancy, NO_CHANGE)
        for address, until in resting:
            stock = self._stock_of(address)
            (stock.rests if stock else self._elsewhere).begin(address, until)
        for key, holding in self.holdings.items():
            pools = {pool.name for pool in map(config.containing, holding.addresses) if pool}
            self.holdings[key] = Holding(holding.addresses, min(pools, default=None))

    def claim(self, terms: Terms, addresses: tuple[IPAddress, ...], pool: str | None) -> None:
        """Enter a holder's addresses and terms. What it held before and does not name now it keeps too."""
        for address in addresses:
            occupancy = self._occupancies.get(address)
            if occupancy is None:
                if address not in self._strange:
                    self._occupy(address)
                occupancy = self._occupancies[address] = Occupancy()
            elif occupancy.holders.get(terms.service) == terms:
                continue
            self._share(address, occupancy, occupancy.join(terms))
        if len(addresses) > 1:
            addresses = tuple(sorted(addresses, key=_family_order))
        self.holdings[terms.service] = Holding(addresses, pool)

    def release(self, service: ObjectKey, addresses: tuple[IPAddress, ...], now: float) -> list[IPAddress]:
        """Strike a holder from addresses; returns those that are now free or have a sharer less."""
        touched = []
        for address in addresses:
            occupancy = self._occupancies.get(address)
            if occupancy is None or service not in occupancy.holders:
                continue
            self._share(address, occupancy, occupancy.leave(service))
            touched.append(address)
            if not occupancy.holders:
                del self._occupancies[address]
                if address not in self._strange:
                    self._vacate(address, now)
        return touched

    def see_stranger(self, key: ObjectKey, addresses: Mapping[IPAddress, str], now: float) -> list[IPAddress]:
        """A Service has these, not from us: nobody new gets them. Returns those it has no more."""
        before = self._strangers.pop(key, ())
        if addresses:
            self._strangers[key] = tuple(addresses)
        for address, how in addresses.items():
            if address not in before:
                self._estrange(address, key, how)
        freed = [address for address in before if address not in addresses]
        for address in freed:
            del self._strange[address][key]
            if not self._strange[address]:
                del self._strange[address]
                self._reclaim(address, now)
        return freed

    def stranger_on(self, address: IPAddress, service: ObjectKey) -> str | None:
        """Another Service than this that has an address not from us, and how; None where none has."""
        found = self._strange.get(address, {}).items()
        return next((f"in use by {key}, {how}" for key, how in found if key != service), None)

    def isolate(self, address: IPAddress, who: Occupant) -> list[ObjectKey]:
        """Somebody outside of the cluster has what is held here: nobody new gets it. Returns the holders."""
        occupancy = self._occupancies.get(address)
        if occupancy is None:
            return []
        self.quarantine.begin(address, who)
        self.attempts.conflict(address, who)
        self._unshare(address, occupancy)
        return list(occupancy.holders)

    def lift(self, address: IPAddress) -> None:
        """An address turned out to be ours after all."""
        self.quarantine.end(address)
        occupancy = self._occupancies.get(address)
        if occupancy is not None:
            self._share(address, occupancy, NO_CHANGE)

    def quarantined(self, pool: Pool, family: Family) -> int:
        """How many addresses of a pool's family are in quarantine."""
        return sum(
            1 for each in self.quarantine if each.version == family and self.config.containing(each) is pool
        )

    def wake(self, now: float) -> list[IPAddress]:
        """The addresses whose rest or quarantine is over."""
        rested = [address for rests in self._all_rests() for address in rests.over(now)]
        rested += self.quarantine.over(now)
        for address in rested:
            stock = self._stock_of(address)
            if stock is not None:
                stock.vacancy.give_back(address)
        return rested

    def next_wake(self) -> float | None:
        """When the next rest or quarantine ends, or another try is due."""
        ends = [rests.next_end() for rests in self._all_rests()]
        ends += [self.quarantine.next_end(), self.attempts.wake_at()]
        return min((end for end in ends if end is not None), default=None)

    def occupancy(self, address: IPAddress) -> Occupancy | None:
        """Who is on an address; None where nobody is."""
        return self._occupancies.get(address)

    def clash(self, address: IPAddress, terms: Terms, *, consent: bool = True) -> Refusal | None:
        """Why a Service may not be on an address beside those who are there; None where it may."""
        occupancy = self._occupancies.get(address)
        return clash(address, occupancy, terms, consent=consent) if occupancy else None

    def stock(self, pool: Pool, family: Family) -> Stock | None:
        """The addresses of a pool's family; None where the pool has no such family."""
        return self._stocks.get((pool.name, family))

    def stocks(self) -> list[Stock]:
        """All of them, in the order of the pools."""
        return list(self._stocks.values())

    def lowest_free(self, stock: Stock) -> IPAddress | None:
        """The first address of a pool that nobody holds or owns, and that does not rest."""
        return stock.vacancy.lowest(lambda address: self._is_blocked(stock, address))

    def lowest_shared(self, stock: Stock, terms: Terms, free: IPAddress | None) -> IPAddress | None:
        """The first address, below `free` where there is one, that others hold and the Service may share."""
        assert terms.key is not None
        below = stock.vacancy.place(free) if free is not None else None
        found = stock.sharers.lowest(terms, below)
        own = self.holdings.get(terms.service)
        for address in own.addresses if own else ():  # its own ports do not stand in its way
            place = stock.vacancy.place(address)
            if (
                place is not None
                and address not in self.quarantine
                and (found is None or place < found)
                and (below is None or place < below)
                and not self.clash(address, terms)
            ):
                found = place
        return stock.vacancy.address_at(found) if found is not None else None

    def sharing_refusal(self, stock: Stock, terms: Terms) -> Refusal | None:
        """Why the first address under a Service's key is not shared with it; None where none has that key."""
        assert terms.key is not None
        place = stock.sharers.lowest_with(terms.key)
        return self.clash(stock.vacancy.address_at(place), terms) if place is not None else None

    def _is_blocked(self, stock: Stock, address: IPAddress) -> bool:
        return (
            address in self._occupancies
            or address in stock.rests
            or address in self.reserved
            or address in self._strange
            or address in self.quarantine
        )

    def _estrange(self, address: IPAddress, key: ObjectKey, how: str) -> None:
        occupancy = self._occupancies.get(address)
        if occupancy is not None:
            self._unshare(address, occupancy)
        elif address not in self._strange:
            self._occupy(address)
        self._strange.setdefault(address, {})[key] = how

    def _reclaim(self, address: IPAddress, now: float) -> None:
        occupancy = self._occupancies.get(address)
        if occupancy is not None:
            self._share(address, occupancy, NO_CHANGE)
        else:
            self._vacate(address, now)

    def _unshare(self, address: IPAddress, occupancy: Occupancy) -> None:
        stock = self._stock_of(address)
        place = stock.vacancy.place(address) if stock else None
        if stock is not None and place is not None:
            stock.sharers.remove(place, occupancy)

    def _stock_of(self, address: IPAddress) -> Stock | None:
        pool = self.config.containing(address)
        return self._stocks[pool.name, family_of(address)] if pool is not None else None

    def _all_rests(self) -> list[Rests]:
        return [self._elsewhere, *(stock.rests for stock in self._stocks.values())]

    def _occupy(self, address: IPAddress) -> None:
        stock = self._stock_of(address)
        if stock is not None:
            stock.in_use += 1
        (stock.rests if stock else self._elsewhere).end(address)
        self.quarantine.hold(address)

    def _share(self, address: IPAddress, occupancy: Occupancy, change: PortChange) -> None:
        """Bring the index of shared addresses up to date; most addresses are not in it and cost nothing."""
        if not occupancy.ever_keyed or any(
            address in each for each in (self.reserved, self._strange, self.quarantine)
        ):
            return
        stock = self._stock_of(address)
        place = stock.vacancy.place(address) if stock else None
        if stock is not None and place is not None:
            stock.sharers.update(place, occupancy, change)

    def _vacate(self, address: IPAddress, now: float) -> None:
        stock = self._stock_of(address)
        if stock is not None:
            stock.in_use -= 1
        if address in self.quarantine:
            self.quarantine.leave(address, now + self.quarantine_period)
        elif stock is None:
            return
        elif stock.pool.cooldown > 0:
            stock.rests.begin(address, now + stock.pool.cooldown)
        else:
            stock.vacancy.give_back(address)


def _family_order(address: IPAddress) -> int:
    return address.version
