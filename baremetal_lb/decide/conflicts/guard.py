"""The guard of this node's addresses: who may be told of them and when, and who else has them.

One front for what comes before the first use (probing), what comes after it (defence), and the addresses of
other nodes (watchdog). What it knows of an address it tells by `Changed`; the values are there to be read.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.conflicts.agenda import NEVER
from baremetal_lb.decide.conflicts.defence import Defence
from baremetal_lb.decide.conflicts.events import (
    Announce,
    Assigned,
    Changed,
    Command,
    Event,
    Overheard,
    Peers,
    Retell,
    Ruled,
    Tick,
    WakeAt,
)
from baremetal_lb.decide.conflicts.probing import Probing
from baremetal_lb.decide.conflicts.proof import Proof
from baremetal_lb.decide.conflicts.watchdog import Watchdog
from baremetal_lb.model.conflicts import Conflict, ConflictKind, Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from baremetal_lb.decide.conflicts.claims import Claim
    from baremetal_lb.model.addresses import IPAddress

PROOF_LASTS: Final = 30.0  # seconds for which an address that nobody announces is still known to be ours
DOUBT: Final = 5.0  # seconds of claims, where a MAC may be that of a node whose MACs are not known yet
REFUSALS_IN_DOUBT: Final = 2  # of probes, likewise
SETTLED: Final = 2.0  # seconds after which another node of ours has an address that was elected for it
MOVING: Final = 3.0  # seconds for which two nodes of ours may announce one address while it moves


@dataclass(slots=True)
class Guard:
    """`conflicts`: of addresses that this node is to announce, of which `announced` may be used.

    `probe_time`: seconds for all probes before a first use, 0: none. `interval`: seconds between the
    watchdog's questions for one address, 0: none.
    """

    me: str
    probe_time: float = 0.2
    interval: float = 10.0
    conflicts: dict[IPAddress, Conflict] = field(default_factory=dict)
    announced: set[IPAddress] = field(default_factory=set)
    _probing: Probing = field(init=False)
    _watchdog: Watchdog = field(init=False)
    _defence: Defence = field(default_factory=Defence)
    _peers: Peers | None = None
    _named: dict[bytes, str] = field(default_factory=dict)
    _rejoined: frozenset[str] = frozenset()  # since the last ruling
    # Addresses that our nodes have used, and until when that holds: for ever while one of them has it.
    _used: dict[IPAddress, float] = field(default_factory=dict)
    _others_since: dict[IPAddress, float] = field(default_factory=dict)
    _unused: deque[tuple[float, IPAddress]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._probing = Probing(self.probe_time)
        self._watchdog = Watchdog(self.me, self.interval)

    @property
    def findings(self) -> Mapping[IPAddress, Finding]:
        """What the watchdog found wrong."""
        return self._watchdog.findings

    def cares(self, address: IPAddress) -> bool:
        """Whether a claim on the address means anything to us."""
        return address in self.announced or address in self._probing or address in self._watchdog

    def handle(self, event: Event, now: float) -> list[Command]:
        """What to do at `now`; ends with the next wake-up, where one is needed."""
        commands: list[Command] = []
        match event:
            case Ruled(assigned):
                commands += self._rule(assigned, now)
            case Peers():
                self._meet(event)
            case Overheard(claim, interface):
                commands += self._hear(claim, interface, now)
            case Tick():
                pass
        commands += self._proceed(now)
        return [*commands, *self._wake_up(now)]

    def _rule(self, assigned: Iterable[Assigned], now: float) -> Iterator[Command]:
        self._forget(now)
        clear: list[IPAddress] = []
        ours = set(self.announced) if self._rejoined else set()
        for each in assigned:
            if each.owner == self.me:
                if self._watchdog.leave(each.address):
                    # Its owner may have found somebody else there, and kept silent.
                    self._others_since.pop(each.address, None)
                    yield Changed(each.address)
                self._take(each, now, clear)
                self._others_since.pop(each.address, None)
            else:
                yield from self._leave(each, now)
        yield from self._announce(clear)
        if ours:
            yield Retell(tuple(ours & self.announced), tuple(ours - self.announced), self._rejoined)
        self._rejoined = frozenset()

    def _take(self, each: Assigned, now: float, clear: list[IPAddress]) -> None:
        if each.address in self.announced or each.address in self._probing:
            return
        if not self.probe_time or self._is_proven(each, now):
            clear.append(each.address)
        else:
            self._probing.begin(each.address, now)

    def _is_proven(self, each: Assigned, now: float) -> bool:
        if each.proof is Proof.USED or each.address in self._used:
            return True
        since = self._others_since.get(each.address, now)
        return each.proof is not Proof.REFUSED and now >= since + SETTLED

    def _leave(self, each: Assigned, now: float) -> Iterator[Command]:
        address, owner = each.address, each.owner
        self.announced.discard(address)
        self._probing.end(address)
        self._defence.drop(address)
        changed = self.conflicts.pop(address, None) is not None
        if owner is None:
            self._others_since.pop(address, None)
            changed |= self._watchdog.leave(address)
            if self._used.get(address) == NEVER:
                self._used[address] = now + PROOF_LASTS
                self._unused.append((now + PROOF_LASTS, address))
        else:
            changed |= self._watchdog.watch(address, owner, now)
            self._others_since.setdefault(address, now)
            if address in self._used:
                self._used[address] = NEVER
        if changed:
            yield Changed(address)

    def _forget(self, now: float) -> None:
        while self._unused and self._unused[0][0] <= now:
            until, address = self._unused.popleft()
            if self._used.get(address) == until:
                del self._used[address]

    def _announce(self, clear: list[IPAddress]) -> Iterator[Command]:
        if not clear:
            return
        yield Announce(tuple(clear))
        for address in clear:
            self.announced.add(address)
            self._used[address] = NEVER
            if self.conflicts.pop(address, None):
                yield Changed(address)

    def _meet(self, peers: Peers) -> None:
        before, self._peers = self._peers, peers
        self._watchdog.see_live(peers.live)
        # A node that is taken for dead keeps its name for as long as its MACs are known.
        named = {mac: node for mac, node in self._named.items() if mac in peers.nodes}
        self._named = named | {mac: node for mac, node in peers.nodes.items() if node}
        # Back with all their addresses: they were cut off from us, not down.
        if before is not None and self.me in before.live & peers.live:
            self._rejoined |= peers.taking - before.live

    def _hear(self, claim: Claim, interface: str, now: float) -> Iterator[Command]:
        if self._node(claim) == self.me:
            return
        if claim.address in self._probing:
            yield from self._doubt_first_use(claim, interface, now)
        elif claim.probe:
            return  # answered like any question; its sender is to stop then
        elif claim.address in self.announced:
            yield from self._accuse(claim, interface, now)
        elif claim.address in self._watchdog:
            self._check(claim, interface, now)

    def _node(self, claim: Claim) -> str | None:
        """The node of ours that a claim comes from; empty where it is one, but not known which."""
        node = self._peers.nodes.get(claim.mac) if self._peers else None
        return self._named.get(claim.mac, node) if node == "" else node

    def _doubt_first_use(self, claim: Claim, interface: str, now: float) -> Iterator[Command]:
        if self._node(claim) is None:
            yield from self._refuse(claim, interface, now)
        elif not claim.probe:  # one of ours still has it: nobody else can
            self._probing.end(claim.address)
            yield from self._announce([claim.address])

    def _refuse(self, claim: Claim, interface: str, now: float) -> Iterator[Command]:
        refusals = self._probing.refuse(claim.address, now)
        if refusals >= (1 if self._macs_known else REFUSALS_IN_DOUBT):
            kind = ConflictKind.PROBED if claim.probe else ConflictKind.IN_USE
            conflict = Conflict(claim.address, kind, claim.mac, interface)
            if self.conflicts.get(claim.address) != conflict:
                self.conflicts[claim.address] = conflict
                yield Changed(claim.address)

    def _accuse(self, claim: Claim, interface: str, now: float) -> Iterator[Command]:
        node = self._node(claim)
        if node is not None:
            doubt, kind = MOVING, ConflictKind.DOUBLED
        else:
            doubt, kind = 0.0 if self._macs_known else DOUBT, ConflictKind.CLAIMED
        conflict = Conflict(claim.address, kind, claim.mac, interface, node or None)
        news, commands = self._defence.accuse(conflict, now, doubt)
        yield from commands
        if news:
            self.conflicts[claim.address] = conflict
            yield Changed(claim.address)

    def _check(self, claim: Claim, interface: str, now: float) -> None:
        node, owner = self._node(claim), self._watchdog.owner(claim.address)
        if node is not None:
            self._used[claim.address] = NEVER
        if node == owner:
            self._watchdog.look_again(claim.address, now)
        if not claim.reply:
            return
        if node in (owner, "") or (node is None and not self._macs_known):
            self._watchdog.hear(claim.address, None)
        else:
            wrong = Finding(claim.address, FindingKind.WRONG_MAC, owner, claim.mac, interface)
            self._watchdog.hear(claim.address, wrong)

    @property
    def _macs_known(self) -> bool:
        return self._peers is not None and self._peers.complete

    def _proceed(self, now: float) -> Iterator[Command]:
        clear: list[IPAddress] = []
        yield from self._probing.proceed(now, clear)
        yield from self._announce(clear)
        over: list[IPAddress] = []
        yield from self._defence.proceed(now, over)
        yield from map(Changed, [each for each in over if self.conflicts.pop(each, None)])
        changed: list[IPAddress] = []
        yield from self._watchdog.proceed(now, changed)
        yield from map(Changed, changed)

    def _wake_up(self, now: float) -> list[Command]:
        at = min(each.wake_at(now) for each in (self._probing, self._defence, self._watchdog))
        return [] if at == NEVER else [WakeAt(at)]
