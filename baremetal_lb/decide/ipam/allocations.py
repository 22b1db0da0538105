"""Who holds which address: the allocations, with the indexes that keep every question O(log n)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from baremetal_lb.decide.ipam.usage.attempts import Attempts
from baremetal_lb.decide.ipam.usage.cooldown import Cooldowns
from baremetal_lb.decide.ipam.usage.free_list import FreeList
from baremetal_lb.decide.ipam.usage.quarantine import Quarantine
from baremetal_lb.decide.ipam.usage.sharers import Sharers
from baremetal_lb.decide.ipam.usage.sharing import NO_CHANGE, Occupancy, PortChange, SharingTerms, clash
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
class PoolUsage:
    """The addresses of one family of one pool: free, resting, shared, and how many are in use."""

    pool: Pool
    free_list: FreeList
    sharers: Sharers
    cooldowns: Cooldowns = field(default_factory=Cooldowns)
    in_use: int = 0  # each address once, however many Services share it
    reserved: int = 0  # never given

    @classmethod
    def of(cls, pool: Pool, family: Family) -> PoolUsage:
        """All of it free."""
        free_list = FreeList(pool, family)
        return cls(pool, free_list, Sharers(free_list.size))


@dataclass(slots=True)
class Allocations:
    """Holdings, occupied and resting addresses, and what is free in each pool."""

    config: PoolConfig = field(default_factory=PoolConfig)
    reserved: Mapping[IPAddress, Refusal] = field(default_factory=dict)  # never given, each with the reason
    holdings: dict[ObjectKey, Holding] = field(default_factory=dict)
    quarantine: Quarantine = field(default_factory=Quarantine)
    quarantine_period: float = 300.0  # seconds until an address that somebody else had is tried again
    attempts: Attempts = field(default_factory=Attempts)
    wall_offset: float = 0.0  # what makes the caller's times, which never step, times of day
    _occupancies: dict[IPAddress, Occupancy] = field(default_factory=dict)
    _foreign_services: dict[ObjectKey, tuple[IPAddress, ...]] = field(default_factory=dict)
    _foreign: dict[IPAddress, dict[ObjectKey, str]] = field(default_factory=dict)  # who has it, and how
    _usages: dict[tuple[str, Family], PoolUsage] = field(default_factory=dict)
    _elsewhere: Cooldowns = field(default_factory=Cooldowns)  # resting addresses that no pool has at present

    def configure(self, config: PoolConfig, reserved: Mapping[IPAddress, Refusal]) -> None:
        """Put other pools under the same holdings."""
        resting = [each for cooldowns in self._all_cooldowns() for each in cooldowns.items()]
        self.config, self.reserved = config, reserved
        self._usages = {
            (pool.name, family): PoolUsage.of(pool, family) for pool in config for family in pool.families()
        }
        self._elsewhere = Cooldowns()
        for address in reserved:
            usage = self._usage_of(address)
            if usage is not None and usage.free_list.place(address) is not None:
                usage.reserved += 1
        for address in self._occupancies.keys() | self._foreign.keys():
            self._occupy(address)
        for address, occupancy in self._occupancies.items():
            self._share(address, occupancy, NO_CHANGE)
        for address, until in resting:
            usage = self._usage_of(address)
            (usage.cooldowns if usage else self._elsewhere).begin(address, until)
        for key, holding in self.holdings.items():
            pools = {pool.name for pool in map(config.containing, holding.addresses) if pool}
            self.holdings[key] = Holding(holding.addresses, min(pools, default=None))

    def claim(self, terms: SharingTerms, addresses: tuple[IPAddress, ...], pool: str | None) -> None:
        """Enter a holder's addresses and terms. What it held before and does not name now it keeps too."""
        for address in addresses:
            occupancy = self._occupancies.get(address)
            if occupancy is None:
                if address not in self._foreign:
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
                if address not in self._foreign:
                    self._vacate(address, now)
        return touched

    def see_foreign_service(
        self, key: ObjectKey, addresses: Mapping[IPAddress, str], now: float
    ) -> list[IPAddress]:
        """A Service has these, not from us: nobody new gets them. Returns those it has no more."""
        before = self._foreign_services.pop(key, ())
        if addresses:
            self._foreign_services[key] = tuple(addresses)
        for address, how in addresses.items():
            if address not in before:
                self._estrange(address, key, how)
        freed = [address for address in before if address not in addresses]
        for address in freed:
            del self._foreign[address][key]
            if not self._foreign[address]:
                del self._foreign[address]
                self._reclaim(address, now)
        return freed

    def stranger_on(self, address: IPAddress, service: ObjectKey) -> str | None:
        """Another Service than this that has an address not from us, and how; None where none has."""
        found = self._foreign.get(address, {}).items()
        return next((f"in use by {key}, {how}" for key, how in found if key != service), None)

    def begin_quarantine(self, address: IPAddress, who: Occupant) -> list[ObjectKey]:
        """Somebody outside of the cluster has what is held here: nobody new gets it. Returns the holders."""
        occupancy = self._occupancies.get(address)
        if occupancy is None:
            return []
        self.quarantine.begin(address, who)
        self.attempts.conflict(address, who)
        self._unshare(address, occupancy)
        return list(occupancy.holders)

    def end_quarantine(self, address: IPAddress) -> None:
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
        rested = [address for cooldowns in self._all_cooldowns() for address in cooldowns.over(now)]
        rested += self.quarantine.over(now)
        for address in rested:
            usage = self._usage_of(address)
            if usage is not None:
                usage.free_list.give_back(address)
        return rested

    def next_wake(self) -> float | None:
        """When the next rest or quarantine ends, or another try is due."""
        ends = [cooldowns.next_end() for cooldowns in self._all_cooldowns()]
        ends += [self.quarantine.next_end(), self.attempts.wake_at()]
        return min((end for end in ends if end is not None), default=None)

    def occupancy(self, address: IPAddress) -> Occupancy | None:
        """Who is on an address; None where nobody is."""
        return self._occupancies.get(address)

    def clash(self, address: IPAddress, terms: SharingTerms, *, consent: bool = True) -> Refusal | None:
        """Why a Service may not be on an address beside those who are there; None where it may."""
        occupancy = self._occupancies.get(address)
        return clash(address, occupancy, terms, consent=consent) if occupancy else None

    def usage(self, pool: Pool, family: Family) -> PoolUsage | None:
        """The addresses of a pool's family; None where the pool has no such family."""
        return self._usages.get((pool.name, family))

    def usages(self) -> list[PoolUsage]:
        """All of them, in the order of the pools."""
        return list(self._usages.values())

    def lowest_free(self, usage: PoolUsage) -> IPAddress | None:
        """The first address of a pool that nobody holds or owns, and that does not rest."""
        return usage.free_list.lowest(lambda address: self._is_blocked(usage, address))

    def lowest_shared(
        self, usage: PoolUsage, terms: SharingTerms, free: IPAddress | None
    ) -> IPAddress | None:
        """The first address, below `free` where there is one, that others hold and the Service may share."""
        assert terms.key is not None
        below = usage.free_list.place(free) if free is not None else None
        found = usage.sharers.lowest(terms, below)
        own = self.holdings.get(terms.service)
        for address in own.addresses if own else ():  # its own ports do not stand in its way
            place = usage.free_list.place(address)
            if (
                place is not None
                and address not in self.quarantine
                and (found is None or place < found)
                and (below is None or place < below)
                and not self.clash(address, terms)
            ):
                found = place
        return usage.free_list.address_at(found) if found is not None else None

    def sharing_refusal(self, usage: PoolUsage, terms: SharingTerms) -> Refusal | None:
        """Why the first address under a Service's key is not shared with it; None where none has that key."""
        assert terms.key is not None
        place = usage.sharers.lowest_with(terms.key)
        return self.clash(usage.free_list.address_at(place), terms) if place is not None else None

    def _is_blocked(self, usage: PoolUsage, address: IPAddress) -> bool:
        return (
            address in self._occupancies
            or address in usage.cooldowns
            or address in self.reserved
            or address in self._foreign
            or address in self.quarantine
        )

    def _estrange(self, address: IPAddress, key: ObjectKey, how: str) -> None:
        occupancy = self._occupancies.get(address)
        if occupancy is not None:
            self._unshare(address, occupancy)
        elif address not in self._foreign:
            self._occupy(address)
        self._foreign.setdefault(address, {})[key] = how

    def _reclaim(self, address: IPAddress, now: float) -> None:
        occupancy = self._occupancies.get(address)
        if occupancy is not None:
            self._share(address, occupancy, NO_CHANGE)
        else:
            self._vacate(address, now)

    def _unshare(self, address: IPAddress, occupancy: Occupancy) -> None:
        usage = self._usage_of(address)
        place = usage.free_list.place(address) if usage else None
        if usage is not None and place is not None:
            usage.sharers.remove(place, occupancy)

    def _usage_of(self, address: IPAddress) -> PoolUsage | None:
        pool = self.config.containing(address)
        return self._usages[pool.name, family_of(address)] if pool is not None else None

    def _all_cooldowns(self) -> list[Cooldowns]:
        return [self._elsewhere, *(usage.cooldowns for usage in self._usages.values())]

    def _occupy(self, address: IPAddress) -> None:
        usage = self._usage_of(address)
        if usage is not None:
            usage.in_use += 1
        (usage.cooldowns if usage else self._elsewhere).end(address)
        self.quarantine.hold(address)

    def _share(self, address: IPAddress, occupancy: Occupancy, change: PortChange) -> None:
        """Bring the index of shared addresses up to date; most addresses are not in it and cost nothing."""
        if not occupancy.ever_keyed or any(
            address in each for each in (self.reserved, self._foreign, self.quarantine)
        ):
            return
        usage = self._usage_of(address)
        place = usage.free_list.place(address) if usage else None
        if usage is not None and place is not None:
            usage.sharers.update(place, occupancy, change)

    def _vacate(self, address: IPAddress, now: float) -> None:
        usage = self._usage_of(address)
        if usage is not None:
            usage.in_use -= 1
        if address in self.quarantine:
            self.quarantine.leave(address, now + self.quarantine_period)
        elif usage is None:
            return
        elif usage.pool.cooldown > 0:
            usage.cooldowns.begin(address, now + usage.pool.cooldown)
        else:
            usage.free_list.give_back(address)


def _family_order(address: IPAddress) -> int:
    return address.version
