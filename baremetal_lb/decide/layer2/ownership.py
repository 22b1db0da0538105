"""What this node announces, and how every Service stands: the speaker's view of the cluster, kept up to date.

Services that share an address, and the addresses of one Service, go to one node together: they form a group,
and one election is held for its lowest address. After a change only the bundles that it touches are decided
again, so that one Service among ten thousand costs what one Service costs.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from baremetal_lb.decide.eligibility import Eligibility
from baremetal_lb.decide.layer2.contest import Contest
from baremetal_lb.decide.layer2.election import Election, elect, may_announce
from baremetal_lb.model.addresses import AddressRange
from baremetal_lb.model.announcements import Standing, Verdict
from baremetal_lb.model.pools import ANYWHERE, PoolConfig, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from baremetal_lb.decide.eligibility import Speaker
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.membership import View
    from baremetal_lb.model.nodes import NodeView, SliceView
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.services import ServiceView


@dataclass(frozen=True, slots=True)
class Decision:
    """What changed: verdicts, each with the one before, and addresses that we announce now or no longer."""

    verdicts: tuple[tuple[Verdict | None, Verdict], ...] = ()
    won: frozenset[IPAddress] = frozenset()
    lost: frozenset[IPAddress] = frozenset()
    owners: Mapping[IPAddress, str | None] = field(default_factory=dict)  # who announces, where that changed
    # What is or was contested by a node that is not heard: who may have it, best first. Empty: no longer.
    contested: Mapping[IPAddress, tuple[str, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class Ownership:
    """Takes what is seen of the cluster, value by value; `decide` says what follows."""

    me: Speaker
    verdicts: dict[ObjectKey, Verdict] = field(default_factory=dict)
    newest: int = 0  # the newest version of a Service that we announced
    held: bool = False  # nothing is to be announced
    _pools: PoolConfig = field(default_factory=PoolConfig)
    _services: dict[ObjectKey, ServiceView] = field(default_factory=dict)
    _holders: dict[IPAddress, set[ObjectKey]] = field(default_factory=dict)
    _slices: dict[ObjectKey, dict[ObjectKey, SliceView]] = field(default_factory=dict)
    _touched: set[ObjectKey] = field(default_factory=set)
    _contest: Contest = field(default_factory=Contest)
    _contested: dict[IPAddress, tuple[str, ...]] = field(default_factory=dict)
    _eligibility: Eligibility = field(init=False)

    def __post_init__(self) -> None:
        self._eligibility = Eligibility(self.me)

    @property
    def label_waived(self) -> bool:
        """Whether the exclude label is not heeded since all nodes that could announce carry it."""
        return self._eligibility.label_waived and not self.me.ignore_exclude_label

    def service(self, key: ObjectKey) -> ServiceView | None:
        """A Service as last seen."""
        return self._services.get(key)

    def see_service(self, old: ServiceView | None, new: ServiceView | None) -> None:
        """A Service came, changed or went."""
        if old is not None:
            self._touch(old)
            for address in old.status.addresses:
                self._let_go(address, old.key)
            del self._services[old.key]
        if new is not None:
            self._services[new.key] = new
            for address in self._held(new):
                self._holders.setdefault(address, set()).add(new.key)
            self._touch(new)

    def see_slice(self, old: SliceView | None, new: SliceView | None) -> None:
        """An EndpointSlice came, changed or went."""
        if old is not None and old.service is not None:
            slices = self._slices[old.service]
            del slices[old.key]
            if not slices:
                del self._slices[old.service]
            self._touched.add(old.service)
        if new is not None and new.service is not None:
            self._slices.setdefault(new.service, {})[new.key] = new
            self._touched.add(new.service)

    def see_node(self, name: str, node: NodeView | None) -> None:
        """A Node came, changed or went; a change that is none to its standing moves nothing."""
        self._touch_all(self._eligibility.see_node(name, node))

    def see_members(self, view: View | None) -> None:
        """These speakers are alive and say this of themselves; None: the word of the cluster is enough."""
        self._touch_all(self._eligibility.see_view(view))

    def see_unheard(self, nodes: frozenset[str]) -> None:
        """These are well by the cluster's word; their speakers are not heard, and may live all the same."""
        if self._contest.see_unheard(nodes):
            self._eligibility.see_unheard(nodes)
            self._touch_all(True)

    def see_holder(self, address: IPAddress, node: str) -> None:
        """A node was seen on the LAN to have an address."""
        self._contest.see_holder(address, node)
        self._touched |= self._holders.get(address, set())

    def see_silent(self, address: IPAddress, node: str) -> None:
        """A node that was to have an address does not answer for it."""
        self._contest.see_silent(address, node)
        self._touched |= self._holders.get(address, set())

    def see_pools(self, pools: PoolConfig) -> None:
        """A configuration was accepted."""
        if pools != self._pools:
            self._pools = pools
            self._eligibility.see_pools(pools)
            self._touch_all(True)

    def see_hold(self, held: bool) -> None:
        """Whether a person wants nothing to be announced."""
        self._touch_all(held != self.held)
        self.held = held

    def see_links(self, names: Collection[str]) -> None:
        """The interfaces that this node can announce on, at present: without one nothing is announced."""
        self._touch_all(self._eligibility.see_links(names))

    def reaches(self, address: IPAddress, interface: str) -> bool:
        """Whether an address is to be announced on an interface of that name, where this node has one."""
        name = self._pool_name(address)
        if name is None:
            return False
        pool = self._pools.named(name)
        return (pool.placement if pool else ANYWHERE).reaches(interface)

    def entry_of(self, address: IPAddress) -> AddressRange | None:
        """The entry of a pool that has an address; None where none has it any more."""
        found = self._pools.entry_with(address)
        return found[0] if found else None

    def entries(self) -> tuple[AddressRange, ...]:
        """All entries of the pools that are announced."""
        return tuple(each for pool in self._pools if pool.protocol is Protocol.LAYER2 for each in pool.ranges)

    def asks_for(self, interface: str) -> bool:
        """Whether a pool names such an interface; the others do with any."""
        placements = (pool.placement for pool in self._pools)
        return any(each.interfaces and each.reaches(interface) for each in placements)

    def decide(self) -> Decision:
        """What follows from all that was seen since the last time; nothing, where nothing changed."""
        news: list[tuple[Verdict | None, Verdict]] = []
        was: set[IPAddress] = set()
        now: set[IPAddress] = set()
        had: dict[IPAddress, str] = {}
        has: dict[IPAddress, str] = {}
        contested_before = dict(self._contested)
        while self._touched:
            group = self._colocated(self._touched.pop())
            self._touched -= group
            was |= self.announced(group)
            had |= self._owners(group)
            news += self._judge(group)
            now |= self.announced(group)
            has |= self._owners(group)
        owners = {each: has.get(each) for each in had | has if had.get(each) != has.get(each)}
        contested = {
            each: self._contested.get(each, ())
            for each in contested_before | self._contested
            if contested_before.get(each) != self._contested.get(each)
        }
        return Decision(tuple(news), frozenset(now - was), frozenset(was - now), owners, contested)

    def announced(self, services: Collection[ObjectKey] | None = None) -> set[IPAddress]:
        """What we announce by the last verdicts, for these Services or for all."""
        keys = self.verdicts.keys() if services is None else self.verdicts.keys() & services
        verdicts = (self.verdicts[key] for key in keys)
        return {
            address for each in verdicts if each.standing is Standing.ANNOUNCED for address in each.addresses
        }

    def ranges(self) -> tuple[AddressRange, ...]:
        """All that may ever be announced, and what is although no pool has it any more."""
        outside = [each for each in self._holders if self._pools.containing(each) is None]
        return (
            *self.entries(),
            *(AddressRange(each, each) for each in outside if self._pool_name(each) is not None),
        )

    def _owners(self, services: Collection[ObjectKey]) -> dict[IPAddress, str]:
        verdicts = (self.verdicts[key] for key in self.verdicts.keys() & services)
        return {address: each.owner for each in verdicts if each.owner for address in each.addresses}

    def _held(self, service: ServiceView) -> tuple[IPAddress, ...]:
        return service.status.addresses if self._why_ignored(service) is None else ()

    def _let_go(self, address: IPAddress, key: ObjectKey) -> None:
        holders = self._holders.get(address, set())
        holders.discard(key)
        if not holders:
            self._holders.pop(address, None)

    def _touch_all(self, changed: bool) -> None:
        if changed:
            self._touched.update(self._services)

    def _touch(self, service: ServiceView) -> None:
        self._touched.add(service.key)
        for address in service.status.addresses:
            self._touched |= self._holders.get(address, set())

    def _colocated(self, key: ObjectKey) -> set[ObjectKey]:
        """The Service and all that hang together with it by addresses."""
        group, unseen = {key}, [key]
        while unseen:
            service = self._services.get(unseen.pop())
            for address in self._held(service) if service else ():
                fresh = self._holders[address] - group
                group |= fresh
                unseen += fresh
        return group

    def _judge(self, group: set[ObjectKey]) -> list[tuple[Verdict | None, Verdict]]:
        """Verdicts that are news, each with the one before; all of them are kept."""
        claims = {key: self._claim(key) for key in sorted(group)}
        election = self._elect(claims)
        news = []
        for key, addresses in claims.items():
            before, verdict = self.verdicts.pop(key, None), self._verdict(key, addresses, election)
            if verdict.standing is not Standing.DELETED:
                self.verdicts[key] = verdict
            if verdict.standing is Standing.ANNOUNCED:
                self.newest = max(self.newest, self._services[key].number)
            if before is None or _gist(before) != _gist(verdict):
                news.append((before, verdict))
        return news

    def _claim(self, key: ObjectKey) -> tuple[IPAddress, ...]:
        """The Service's addresses that are ours to announce."""
        service = self._services.get(key)
        held = self._held(service) if service else ()
        return tuple(address for address in held if self._pool_name(address) is not None)

    def _pool_name(self, address: IPAddress) -> str | None:
        """The name of the pool by which an address is announced; None where it is not ours to announce.

        What no pool has the controller may leave to its Service all the same: `on-removal: keep`, or a
        configuration that only the controller sees to be wrong. That goes by the pool it was of, if there is
        one of that name, else by none: no pool has the empty name.
        """
        pool = self._pools.containing(address)
        if pool is None:
            holders = (self._services[key].status for key in sorted(self._holders.get(address, ())))
            name = next((each.pool or "" for each in holders if each.is_vouched_for), None)
            if name is None or (pool := self._pools.named(name)) is None:
                return name
        return pool.name if pool.protocol is Protocol.LAYER2 else None

    def _elect(self, claims: Mapping[ObjectKey, tuple[IPAddress, ...]]) -> Election:
        for key in claims:
            self._forget_contest(key)
        addresses = [address for claim in claims.values() for address in claim]
        if not addresses:
            return Election(None, {})
        lowest = min(addresses, key=lambda address: (address.version, int(address)))
        election = self._best(claims, addresses, lowest)
        if self._contest.unheard.isdisjoint(election.ranking):
            return election
        self._contested |= dict.fromkeys(addresses, election.ranking)
        keeper = self.me.node if self.announced(claims) else None
        return replace(election, owner=self._contest.winner(addresses, election.ranking, keeper))

    def _best(
        self,
        claims: Mapping[ObjectKey, tuple[IPAddress, ...]],
        addresses: Collection[IPAddress],
        lowest: IPAddress,
    ) -> Election:
        """Of two families rather the IPv4 address alone than none, where no node has IPv6 on."""
        election = Election(None, {})
        for ipv6 in sorted({each.version == 6 for each in addresses}, reverse=True):
            fitness = self._eligibility.fitness(self._pools_of(addresses), ipv6=ipv6)
            tiers = (self._candidates(claims, tier) for tier in fitness.tiers)
            candidates = next(filter(None, tiers), frozenset())
            election = elect(fitness.why, candidates, lowest, fitness.weights)
            if candidates:
                break
        return election

    def _forget_contest(self, key: ObjectKey) -> None:
        verdict = self.verdicts.get(key)
        for address in verdict.addresses if verdict else ():
            self._contested.pop(address, None)

    def _pools_of(self, addresses: Iterable[IPAddress]) -> frozenset[str]:
        return frozenset(name for name in map(self._pool_name, addresses) if name is not None)

    def _candidates(
        self, claims: Mapping[ObjectKey, tuple[IPAddress, ...]], fit: Collection[str]
    ) -> frozenset[str]:
        """The fit nodes whence the traffic of one of the Services reaches an endpoint."""
        return frozenset().union(
            *(
                may_announce(self._services[key].traffic_policy, self._serving(key), fit)
                for key, claim in claims.items()
                if claim
            )
        )

    def _serving(self, key: ObjectKey) -> frozenset[str]:
        service, slices = self._services.get(key), self._slices.get(key, {})
        ports = service.port_names if service else frozenset()
        return frozenset().union(*(each.serving_for(ports) for each in slices.values()))

    def _verdict(self, key: ObjectKey, addresses: tuple[IPAddress, ...], election: Election) -> Verdict:
        service = self._services.get(key)
        ignored = self._why_ignored(service) if service else Standing.DELETED
        if ignored is not None:
            return Verdict(key, ignored)
        if not addresses:
            return Verdict(key, Standing.NOT_IN_POOL)
        if self.held:
            return Verdict(key, Standing.HELD, addresses)
        if not self._serving(key):
            return Verdict(key, Standing.NO_ENDPOINTS, addresses)
        if election.owner is None:
            return Verdict(key, Standing.NO_NODE, addresses, out=election.out)
        if election.owner != self.me.node:
            return Verdict(key, Standing.OTHER_NODE, addresses, election.owner, election.out)
        silent = self._eligibility.why_silent_here(self._pools_of(addresses))
        if silent is not None:
            out = {**election.out, self.me.node: silent}
            return Verdict(key, Standing.NO_INTERFACE, addresses, out=out)
        return Verdict(key, Standing.ANNOUNCED, addresses, election.owner, election.out)

    def _why_ignored(self, service: ServiceView) -> Standing | None:
        if not service.is_load_balancer:
            return Standing.NOT_LOAD_BALANCER
        if service.load_balancer_class != self.me.load_balancer_class:
            return Standing.OTHER_CLASS
        if self.me.release and service.status.served_by not in (None, self.me.release):
            return Standing.OTHER_RELEASE
        return None if service.status.addresses else Standing.NO_ADDRESS


def _gist(verdict: Verdict) -> tuple[object, ...]:
    """What makes a verdict news; that one more node may not announce does not, as long as one does."""
    reasons = None if verdict.owner is not None else verdict.out
    return verdict.standing, verdict.owner, verdict.addresses, reasons
