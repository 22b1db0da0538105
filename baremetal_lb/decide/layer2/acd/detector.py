"""Address conflict detector (RFC 5227): when an address may be announced, and who else has it.

One machine for what comes before the first use (probing), what comes after it (defence), and the addresses of
other nodes (watchdog). What it knows of an address it tells by `ConflictChanged`; the values are there to
be read.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.layer2.acd.agenda import NEVER
from baremetal_lb.decide.layer2.acd.contending import Contending
from baremetal_lb.decide.layer2.acd.defence import Defence
from baremetal_lb.decide.layer2.acd.events import (
    Announce,
    Assigned,
    ClaimHeard,
    Command,
    ConflictChanged,
    Event,
    NotAnswered,
    OwnersDecided,
    PeersSeen,
    TellAgain,
)
from baremetal_lb.decide.layer2.acd.probing import Probing
from baremetal_lb.decide.layer2.acd.proof import Proof
from baremetal_lb.decide.layer2.acd.watchdog import Watchdog
from baremetal_lb.decide.timers import Tick, WakeAt
from baremetal_lb.model.conflicts import Conflict, ConflictKind, Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from baremetal_lb.decide.layer2.acd.claims import Claim
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.node_interfaces import Holder

PROOF_LASTS: Final = 30.0  # seconds for which an address that nobody announces is still known to be ours
DOUBT: Final = 5.0  # seconds of claims, where a MAC may be that of a node whose MACs are not known yet
REFUSALS_IN_DOUBT: Final = 2  # of probes, likewise
SETTLED: Final = 2.0  # seconds after which another node of ours has an address that was elected for it
CONTEST_TIME: Final = 0.2  # seconds for all probes of a contested address, whatever `probe_time` is
MOVING: Final = 3.0  # seconds for which two nodes of ours may announce one address while it moves


@dataclass(slots=True)
class ConflictDetector:
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
    _peers: PeersSeen | None = None
    _named: dict[bytes, str] = field(default_factory=dict)
    _rejoined: frozenset[str] = frozenset()  # since the last decision
    _contending: Contending = field(init=False)
    # Addresses that our nodes have used, and until when that holds: for ever while one of them has it.
    _used: dict[IPAddress, float] = field(default_factory=dict)
    _others_since: dict[IPAddress, float] = field(default_factory=dict)
    _unused: deque[tuple[float, IPAddress]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._probing = Probing(self.probe_time or CONTEST_TIME)
        self._watchdog = Watchdog(self.me, self.interval)
        self._contending = Contending(self.me)

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
            case OwnersDecided(assigned, contested):
                commands += self._see_contested(contested, now)
                commands += self._rule(assigned, now)
            case PeersSeen():
                self._meet(event)
                commands += self._heed_nodes(now)
            case ClaimHeard(claim, interface):
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
                    yield ConflictChanged(each.address)
                yield from self._take(each, now, clear)
                self._others_since.pop(each.address, None)
            else:
                yield from self._leave(each, now)
        yield from self._announce(clear)
        if ours:
            yield TellAgain(tuple(ours & self.announced), tuple(ours - self.announced), self._rejoined)
        self._rejoined = frozenset()

    def _take(self, each: Assigned, now: float, clear: list[IPAddress]) -> Iterator[Command]:
        if each.address in self.announced or each.address in self._probing:
            return
        if each.address in self._contending:
            self._probing.begin(each.address, now)
        elif self._is_proven(each, now):
            clear.append(each.address)
        elif each.address in self._held:
            yield from self._leave_to_node(each.address)
        elif not self.probe_time:
            clear.append(each.address)
        else:
            self._probing.begin(each.address, now)

    @property
    def _held(self) -> Mapping[IPAddress, Holder]:
        return self._peers.held if self._peers is not None else {}

    def _leave_to_node(self, address: IPAddress) -> Iterator[Command]:
        """A node of ours has it for itself; what we have announced up to now stays announced all the same."""
        holder = self._held[address]
        mac = holder.mac or bytes(6)
        self.conflicts[address] = Conflict(
            address, ConflictKind.NODE_ADDRESS, mac, holder.interface, holder.node
        )
        yield ConflictChanged(address)

    def _heed_nodes(self, now: float) -> Iterator[Command]:
        """Nodes may have come by addresses, or have given them up."""
        for address in [each for each in self._held if each in self._probing]:
            self._probing.end(address)
            yield from self._leave_to_node(address)
        left = [
            address
            for address, conflict in self.conflicts.items()
            if conflict.kind is ConflictKind.NODE_ADDRESS and address not in self._held
        ]
        for address in left:
            del self.conflicts[address]
            self._probing.begin(address, now)
            yield ConflictChanged(address)

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
            changed |= self._watch(address, owner, now)
            if address not in self._contending:  # else nobody knows whether that node lives
                self._others_since.setdefault(address, now)
            if address in self._used:
                self._used[address] = NEVER
        if changed:
            yield ConflictChanged(address)

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
                yield ConflictChanged(address)

    def _meet(self, peers: PeersSeen) -> None:
        before, self._peers = self._peers, peers
        self._watchdog.see_live(peers.live)
        # A node that is taken for dead keeps its name for as long as its MACs are known.
        named = {mac: node for mac, node in self._named.items() if mac in peers.nodes}
        self._named = named | {mac: node for mac, node in peers.nodes.items() if node}
        # Back with all their addresses: they were cut off from us, not down.
        if before is not None and self.me in before.live & peers.live:
            self._rejoined |= peers.taking - before.live

    def _hear(self, claim: Claim, interface: str, now: float) -> Iterator[Command]:
        node = self._node(claim)
        if node == self.me:
            return
        if node and self._contending.concerns(claim.address, node):
            yield from self._contend(claim, node, now)
        elif claim.address in self._probing:
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
        if claim.probe and not self._macs_known:
            return  # another of our nodes that starts as we do; a stranger is found by what he claims later
        refusals = self._probing.refuse(claim.address, now)
        if refusals >= (1 if self._macs_known else REFUSALS_IN_DOUBT):
            kind = ConflictKind.PROBED if claim.probe else ConflictKind.IN_USE
            conflict = Conflict(claim.address, kind, claim.mac, interface)
            if self.conflicts.get(claim.address) != conflict:
                self.conflicts[claim.address] = conflict
                yield ConflictChanged(claim.address)

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
            yield ConflictChanged(claim.address)

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
        yield from map(ConflictChanged, [each for each in over if self.conflicts.pop(each, None)])
        changed: list[IPAddress] = []
        yield from self._watchdog.proceed(now, changed)
        for address in changed:
            yield self._found(address)

    def _found(self, address: IPAddress) -> Command:
        """What follows from a finding, or from its end."""
        finding = self.findings.get(address)
        if finding is None or finding.kind is not FindingKind.SILENT or not self._is_unheard(finding.owner):
            return ConflictChanged(address)
        self._watchdog.forgive(address)
        return NotAnswered(address, finding.owner)

    def _is_unheard(self, node: str) -> bool:
        return self._peers is not None and node not in self._peers.live

    def _watch(self, address: IPAddress, owner: str, now: float) -> bool:
        closely = address in self._contending and self._is_unheard(owner)
        return self._watchdog.watch(address, owner, now, closely=closely)

    def _see_contested(self, contested: Mapping[IPAddress, tuple[str, ...]], now: float) -> Iterator[Command]:
        yield from self._contending.see(contested, self.announced, now)
        for address in contested:
            if address in self._watchdog and self._watch(address, self._watchdog.owner(address), now):
                yield ConflictChanged(address)

    def _contend(self, claim: Claim, node: str, now: float) -> Iterator[Command]:
        address = claim.address
        if address in self._probing:
            yield from self._contending.while_probing(claim, node)
        elif address in self.announced:
            yield from self._contending.while_announcing(claim, node, now)
        elif address in self._watchdog:
            owner = self._watchdog.owner(address)
            yield from self._contending.while_watching(claim, node, owner)
            if node == owner and claim.reply:
                self._watchdog.hear(address, None)

    def _wake_up(self, now: float) -> list[Command]:
        at = min(each.wake_at(now) for each in (self._probing, self._defence, self._watchdog))
        return [] if at == NEVER else [WakeAt(at)]
