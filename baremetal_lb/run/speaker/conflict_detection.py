"""Runs the guard of addresses: feeds it what is decided and overheard, and performs what it wants.

Nothing here waits: readers and one timer of the event loop call in.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from baremetal_lb.decide.layer2.acd.events import (
    Announce,
    Ask,
    Assert,
    Assigned,
    Changed,
    Defend,
    Held,
    Overheard,
    Peers,
    Probe,
    Retell,
    Ruled,
    Tick,
    Unanswered,
    WakeAt,
)
from baremetal_lb.decide.layer2.acd.peers import peers_by
from baremetal_lb.decide.layer2.acd.proof import Proof, proof_of
from baremetal_lb.link.conflict_listener import Overhearing
from baremetal_lb.model.conflicts import ConflictKind, Unheeded

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from baremetal_lb.decide.layer2.acd.claims import Claim
    from baremetal_lb.decide.layer2.acd.detector import Guard
    from baremetal_lb.decide.layer2.acd.events import Command, Event
    from baremetal_lb.decide.layer2.ownership import Ruling
    from baremetal_lb.decide.node_interfaces import NodeRoll
    from baremetal_lb.model.addresses import AddressRange, IPAddress
    from baremetal_lb.model.conflicts import Conflict, Finding
    from baremetal_lb.model.interfaces import Interface
    from baremetal_lb.model.membership import View
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.services import ServiceView

log = structlog.get_logger("conflicts")


@dataclass(frozen=True, slots=True)
class Heeders:
    """Who is told: of addresses that may be announced, of some to be told of again, of another conflict."""

    announce: Callable[[Collection[IPAddress]], None]
    retell: Callable[[Collection[IPAddress]], None]
    changed: Callable[[], None]
    # A node of ours that is not heard spoke of an address: to be taken in before what follows from that.
    sighted: Callable[[str], None] = lambda _node: None
    # A node was seen to have a contested address (True), or does not answer for one that it should have.
    contested: Callable[[IPAddress, str, bool], None] = lambda _address, _node, _answers: None


class Guarding:
    """One speaker's guard. Every method is for the event loop's thread.

    `reaches`: whether an address is announced on the interface of a name; `lapsed`: whether this process was
    paused, and others may announce by now what it takes for its own.
    """

    def __init__(
        self,
        guard: Guard,
        heeders: Heeders,
        reaches: Callable[[IPAddress, str], bool],
        lapsed: Callable[[], bool] = lambda: False,
    ) -> None:
        self.guard = guard
        self.overhearing = Overhearing(self._overhear, reaches)
        self.counts: Counter[type[Command] | ConflictKind] = Counter()
        self._heeders = heeders
        self._lapsed = lapsed
        self._timer: asyncio.TimerHandle | None = None
        self._own_macs: frozenset[bytes] = frozenset()
        self._peers: Peers | None = None

    def conflicts(self) -> Sequence[Conflict]:
        """Of this node's addresses, at present."""
        return tuple(self.guard.conflicts.values())

    def findings(self) -> Sequence[Finding]:
        """Of other nodes' addresses, at present."""
        return tuple(self.guard.findings.values())

    def fit(self, everywhere: Iterable[Interface], announcing: Collection[Interface]) -> None:
        """All interfaces of this node, and those that it announces on."""
        self._own_macs = frozenset(each.mac for each in everywhere)
        self.overhearing.fit(announcing)

    def heed(self, ranges: Iterable[AddressRange]) -> None:
        """Addresses in these ranges are announced by our nodes."""
        self.overhearing.heed(ranges)

    def meet(self, view: View, ready: frozenset[str], roll: NodeRoll) -> None:
        """These speakers are alive, these nodes ready, and all this is told of their interfaces.

        To be told before what follows from that.
        """
        peers = peers_by(view, self.guard.me, self._own_macs, ready, roll)
        if peers != self._peers:
            self._peers = peers
            self._handle(peers)

    def rule(self, ruling: Ruling, service: Callable[[ObjectKey], ServiceView | None]) -> None:
        """It was decided anew who announces what; also where that changed nothing."""
        proofs = _proofs(ruling, service)
        assigned = (
            Assigned(address, owner, proofs.get(address, Proof.NONE))
            for address, owner in ruling.owners.items()
        )
        self.overhearing.forget(ruling.lost)
        self._handle(Ruled(tuple(assigned), ruling.contested))

    def close(self) -> None:
        """Guard no more."""
        self.overhearing.close()
        if self._timer is not None:
            self._timer.cancel()

    def _overhear(self, claim: Claim, interface: str) -> None:
        node = self._peers.nodes.get(claim.mac) if self._peers is not None else None
        if self._peers is not None and node and node not in self._peers.live:
            self._heeders.sighted(node)
        if not self.guard.cares(claim.address):
            self.overhearing.unheeded[Unheeded.NOT_OURS] += 1
        elif claim.mac in self._own_macs:
            self.overhearing.unheeded[Unheeded.OWN] += 1
        elif claim.probe and claim.address in self.guard.announced:
            self.overhearing.unheeded[Unheeded.PROBE] += 1
        else:
            self._handle(Overheard(claim, interface))

    def _tick(self) -> None:
        self._handle(Tick())

    def _handle(self, event: Event) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for command in self.guard.handle(event, loop.time()):
            if isinstance(command, WakeAt):
                self._timer = loop.call_at(command.at, self._tick)
            else:
                self.counts[type(command)] += 1
                self._perform(command)

    def _perform(self, command: Command) -> None:
        match command:
            case Announce(addresses):
                self.overhearing.forget(addresses)
                self._heeders.announce(addresses)
                self._heeders.changed()
            case Probe(address):
                self.overhearing.probe(address)
            case Ask(address):
                self.overhearing.ask(address)
            case Defend(address) if not self._lapsed():
                self.overhearing.defend(address)
            case Assert() | Held() | Unanswered():
                self._contend(command)
            case Retell():
                self._retell(command)
            case Changed(address):
                self._tell(address)

    def _contend(self, command: Assert | Held | Unanswered) -> None:
        match command:
            case Assert(addresses):
                self._heeders.retell(addresses)
            case Held(address, node):
                self._heeders.contested(address, node, True)
            case Unanswered(address, node):
                self._heeders.contested(address, node, False)

    def _retell(self, command: Retell) -> None:
        facts = {"nodes": sorted(command.nodes), "kept": len(command.kept), "lost": len(command.lost)}
        log.warning("announced on both sides of a partition", **facts)
        self.counts[ConflictKind.DOUBLED] += len(command.kept) + len(command.lost)
        self._heeders.retell(command.kept)

    def _tell(self, address: IPAddress) -> None:
        conflict, finding = self.guard.conflicts.get(address), self.guard.findings.get(address)
        if conflict is not None:
            self.counts[conflict.kind] += 1
            announced = not conflict.kind.withholds
            log.warning("conflict", address=str(address), what=str(conflict), announced=announced)
        elif finding is not None:
            log.warning("not answered as it should be", address=str(address), what=str(finding))
        else:
            log.info("conflict over", address=str(address))
        self._heeders.changed()


def _proofs(ruling: Ruling, service: Callable[[ObjectKey], ServiceView | None]) -> Mapping[IPAddress, Proof]:
    """What the Services say of the addresses that are ours now; of several one that proves it is enough."""
    proofs: dict[IPAddress, Proof] = {}
    for _, verdict in ruling.verdicts:
        seen = service(verdict.service)
        if seen is None:
            continue
        for address in ruling.won.intersection(verdict.addresses):
            if proofs.get(address) is not Proof.USED:
                proofs[address] = proof_of(seen.status, address)
    return proofs
