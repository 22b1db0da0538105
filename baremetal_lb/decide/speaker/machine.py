"""All that a speaker decides, in the order in which it has to be done.

what is seen -> who may live unheard -> whose MACs are ours -> elections -> withdraw what is lost -> probe for
what is won -> answer, and tell the LAN -> tell people

Three parts decide in here, each pure: Ownership (who announces), ConflictDetector (whether somebody else has
an address) and Announcer (when to tell the neighbours). Changes only mark the machine as due; it decides at
the Tick that it asks for with them, so that changes that come together lead to one decision. On a change of
the interfaces or the members, and on a sign of life from a node that was taken for dead, it decides at once:
what comes next depends on it.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.layer2.acd import events as acd
from baremetal_lb.decide.layer2.acd.agenda import NEVER
from baremetal_lb.decide.layer2.acd.events import Assigned, OwnersDecided
from baremetal_lb.decide.layer2.acd.peers import peers_by
from baremetal_lb.decide.layer2.acd.proof import Proof, proof_of
from baremetal_lb.decide.layer2.gratuitous import Lost, Renewed, SendGratuitous, Won
from baremetal_lb.decide.membership.unheard import Unheard
from baremetal_lb.decide.node_interfaces import NodeInterfaceTable
from baremetal_lb.decide.speaker.commands import (
    Answer,
    AskApi,
    Began,
    Decided,
    Listen,
    LookAtRoutes,
    Rebind,
    ReportChanged,
    TellConflict,
    TellLabel,
    TellPartition,
    TellPeers,
    TellUnheard,
    TellVerdict,
    Withdraw,
)
from baremetal_lb.decide.speaker.events import (
    ApiAnswered,
    DatagramsSeen,
    HoldSeen,
    InterfacesSeen,
    MembersSeen,
    Met,
    NodeInterfacesSeen,
    NodeSeen,
    NotSent,
    PoolsSeen,
    PortsFitted,
    Prerequisite,
    Rebound,
    Routing,
    RoutingSeen,
    ServiceSeen,
    SliceSeen,
    Stopping,
)
from baremetal_lb.decide.timers import Tick, WakeAt
from baremetal_lb.model.announcements import Standing
from baremetal_lb.model.conflicts import Unheeded
from baremetal_lb.model.membership import MemberState, Uplink, View

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from baremetal_lb.decide.layer2.acd.detector import ConflictDetector
    from baremetal_lb.decide.layer2.gratuitous import Announcer
    from baremetal_lb.decide.layer2.gratuitous import Event as AnnouncerEvent
    from baremetal_lb.decide.layer2.ownership import Decision, Ownership
    from baremetal_lb.decide.speaker.commands import Command
    from baremetal_lb.decide.speaker.events import Event
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.announcements import Verdict
    from baremetal_lb.model.interfaces import Interface
    from baremetal_lb.model.membership import NotHeard
    from baremetal_lb.model.objects import ObjectKey

LOOK_AGAIN: Final = 0.02  # seconds between two looks at whether a paused speaker may speak again
TOLD_AFTER: Final = 5.0  # seconds for which a node is not heard: one that starts, or goes, is no news


@dataclass(slots=True)
class SpeakerMachine:
    """`handle` takes an event and the time in seconds of one monotonic clock, and returns commands.

    The rest is to be read: `answered` are the addresses that requests are answered for; `unheard_nodes` those
    that people were told of; `unheeded` counts claims that meant nothing.
    """

    ownership: Ownership
    detector: ConflictDetector
    announcer: Announcer
    node_interfaces: NodeInterfaceTable = field(default_factory=NodeInterfaceTable)
    answered: set[IPAddress] = field(default_factory=set)
    unheard_nodes: Mapping[str, NotHeard] = field(default_factory=dict)
    doubtful: frozenset[str] = frozenset()  # who may live without being heard
    view: View = field(default_factory=View)
    unheeded: Counter[Unheeded] = field(default_factory=Counter)
    _unheard: Unheard = field(init=False)
    _missing: set[Prerequisite] = field(default_factory=lambda: set(Prerequisite))
    _has_begun: bool = False
    _is_due: bool = False  # something changed that decisions depend on
    _is_stopping: bool = False
    _is_paused: bool = False  # longer than its peers wait, and it has not heard them since
    _ready: set[str] = field(default_factory=set)  # nodes, by the cluster's word
    _own_macs: frozenset[bytes] = frozenset()
    _with_port: tuple[Interface, ...] = ()
    _routing: Routing = field(default_factory=Routing)
    _peers: acd.PeersSeen | None = None
    _newest: int = 0  # the newest version of a Service that the report speaks of
    _owed: deque[AnnouncerEvent] = field(default_factory=deque)  # what the announcer is to hear of
    _untold: dict[ObjectKey, tuple[Verdict | None, Verdict]] = field(default_factory=dict)  # not true yet
    _detector_at: float = NEVER
    _announcer_at: float = NEVER

    def __post_init__(self) -> None:
        self._unheard = Unheard(self.ownership.me.node)

    @property
    def is_deciding(self) -> bool:
        """Whether all is known that decisions depend on."""
        return not self._missing

    def handle(self, event: Event, now: float, *, lapsed: bool = False) -> list[Command]:
        """What to do at `now`; ends with the next wake-up, where one is needed.

        `lapsed`: this process was paused for so long that its peers may have taken over: not a word is to be
        said for an address before it has heard them.
        """
        if self._is_stopping:
            return [*self._yield_to_heir(event)]
        self._is_paused = lapsed
        commands = [*self._see(event, now), *self._gratuitous(now)]
        return [*commands, *self._wake_up(now)]

    def _yield_to_heir(self, event: Event) -> Iterator[Command]:
        """Once another node of ours says that it has an address, two need not answer for it."""
        if isinstance(event, acd.ClaimHeard) and self._peers is not None:
            claim = event.claim
            is_heir = claim.mac in self._peers.nodes and claim.mac not in self._own_macs and not claim.probe
            if is_heir and claim.address in self.answered:
                self.answered.discard(claim.address)
                yield Withdraw(frozenset({claim.address}))

    def _see(self, event: Event, now: float) -> Iterator[Command]:
        match event:
            case Tick():
                yield from self._tick(now)
            case acd.ClaimHeard():
                yield from self._overhear(event, now)
            case InterfacesSeen() | PortsFitted() | RoutingSeen() | Rebound() | NotSent():
                yield from self._see_link(event, now)
            case MembersSeen() | DatagramsSeen() | ApiAnswered():
                yield from self._see_peers(event, now)
            case Met(prerequisite):
                yield from self._meet(prerequisite)
            case Stopping():
                self._is_stopping = True
            case _:
                yield from self._see_cluster(event)

    def _tick(self, now: float) -> Iterator[Command]:
        if self._is_due:
            yield from self._decide(now)
        yield from self._ask_detector(Tick(), now)

    def _meet(self, prerequisite: Prerequisite) -> Iterator[Command]:
        self._missing.discard(prerequisite)
        self._is_due = True
        if prerequisite is Prerequisite.CLUSTER:  # the Services were not known when the pools were
            yield Listen(self.ownership.ranges())

    # The cluster, and the peers

    def _see_cluster(self, event: Event) -> Iterator[Command]:
        match event:
            case ServiceSeen(old, new):
                self.ownership.see_service(old, new)
                if new is not None:
                    self.node_interfaces.see_service(new.status)
            case SliceSeen(old, new):
                self.ownership.see_slice(old, new)
            case NodeSeen(name, node):
                self.ownership.see_node(name, node)
                (self._ready.add if node is not None and node.ready else self._ready.discard)(name)
            case NodeInterfacesSeen(node, interfaces):
                if not self.node_interfaces.see(node, interfaces):
                    return
            case HoldSeen() | PoolsSeen():
                yield from self._see_config(event)
        self._is_due = True

    def _see_config(self, event: HoldSeen | PoolsSeen) -> Iterator[Command]:
        match event:
            case HoldSeen(held):
                self.ownership.see_hold(held)
                yield ReportChanged()
            case PoolsSeen(pools):
                self.ownership.see_pools(pools)
                yield Listen(self.ownership.ranges())
                yield LookAtRoutes()
                yield from self._place_anew()

    def _see_peers(self, event: MembersSeen | DatagramsSeen | ApiAnswered, now: float) -> Iterator[Command]:
        match event:
            case MembersSeen(view):
                self.view = view
                self.ownership.see_members(view)
                self._is_due = True
                mine = view.states.get(self.ownership.me.node)
                if mine not in (None, MemberState.SETTLING):
                    yield from self._meet(Prerequisite.MEMBERS)
                yield from self._decide(now)  # who was paused may answer again as soon as this is done
            case DatagramsSeen(reasons):
                for node, why in reasons.items():
                    self._unheard.see_datagram(node, why, now)
                yield from self._look_for_unheard(now)
                if self._unheard.wants_api:
                    yield AskApi()
            case ApiAnswered():
                self._unheard.see_api(now)
                yield from self._look_for_unheard(now)

    def _look_for_unheard(self, now: float) -> Iterator[Command]:
        """Who may live though it is not heard: by what is seen, and by how long that is ago."""
        self._unheard.see_view(self.view, now)
        self._unheard.see_nodes(frozenset(self._ready), self.node_interfaces.running)
        doubtful = frozenset(self._unheard.reasons(now))
        if doubtful != self.doubtful:
            self.doubtful = doubtful
            self.ownership.see_unheard(doubtful)
            self._is_due = True
        lasting = dict(self._unheard.lasting(now, TOLD_AFTER))
        if lasting != self.unheard_nodes:
            is_news = lasting.keys() != self.unheard_nodes.keys()
            self.unheard_nodes = lasting
            if is_news:
                yield TellUnheard(lasting)
                yield ReportChanged()

    # This node's interfaces

    def _see_link(
        self, event: InterfacesSeen | PortsFitted | RoutingSeen | Rebound | NotSent, now: float
    ) -> Iterator[Command]:
        match event:
            case InterfacesSeen(announceable):
                # The others first: who takes over must not wait until we have cleared up. And what they take
                # over is not to be told of when a port opens.
                open_now = {each.name for each in self._with_port}
                yield from self._tell_peers(each for each in announceable if each.name in open_now)
                yield from self._decide(now)
            case PortsFitted():
                yield from self._take_ports(event)
            case RoutingSeen(routing):
                self._routing = routing
                yield from self._place_anew()
            case Rebound(renewed):
                self._owed.extend(map(Renewed, renewed))
            case NotSent(address):
                self._tell_again([address])

    def _take_ports(self, event: PortsFitted) -> Iterator[Command]:
        self._routing, self._with_port = event.routing, event.with_port
        self._own_macs = frozenset(each.mac for each in event.interfaces)
        self._owed.extend(map(Renewed, event.renewed))
        if event.changed:
            yield ReportChanged()
        yield from self._tell_peers(self._with_port)
        yield from self._meet(Prerequisite.PORTS)

    def _place_anew(self) -> Iterator[Command]:
        """Addresses may be announced on other interfaces now."""
        yield Rebind()
        yield from self._tell_peers(self._with_port)
        yield ReportChanged()

    def _tell_peers(self, interfaces: Iterable[Interface]) -> Iterator[Command]:
        """These are what we can announce on, for the others and for ourselves."""
        found = sorted(interfaces, key=self._importance)
        off = self._routing.ipv6_off
        yield TellPeers(tuple(Uplink(each.name, each.mac, ipv6=each.name not in off) for each in found))
        self.ownership.see_links([each.name for each in found])
        self._is_due = True

    def _importance(self, interface: Interface) -> tuple[bool, bool, int]:
        """Heartbeats have room for few: those that pools name, then those that lead to their addresses."""
        name = interface.name
        return not self.ownership.asks_for(name), name not in self._routing.leading, interface.index

    # Decisions

    def _decide(self, now: float) -> Iterator[Command]:
        """Decide anew what has changed; withdraw before anything is taken, take before people are told."""
        if not self.is_deciding:
            return
        yield from self._look_for_unheard(now)
        yield from self._know_peers(now)
        self._is_due = False
        decision = self.ownership.decide()
        yield Decided(decision)
        yield from self._withdraw(decision)
        yield from self._ask_detector(OwnersDecided(tuple(self._assigned(decision)), decision.contested), now)
        yield from self._tell_verdicts()
        if decision.verdicts or self.ownership.newest > self._newest:
            self._newest = self.ownership.newest
            yield ReportChanged()
        yield TellLabel(self.ownership.label_waived)
        if not self._has_begun:
            self._has_begun = True
            yield Began()

    def _know_peers(self, now: float) -> Iterator[Command]:
        """Whose MACs are ours has to be known before anything that is heard or decided is judged by it."""
        me = self.ownership.me.node
        peers = peers_by(self.view, me, self._own_macs, frozenset(self._ready), self.node_interfaces)
        if peers != self._peers:
            self._peers = peers
            yield from self._ask_detector(peers, now)

    def _withdraw(self, decision: Decision) -> Iterator[Command]:
        if decision.lost:
            self.answered -= decision.lost
            yield Withdraw(decision.lost)
            self._owed.extend(map(Lost, decision.lost))
        for before, verdict in decision.verdicts:
            told, _ = self._untold.get(verdict.service, (before, verdict))
            self._untold[verdict.service] = told, verdict

    def _assigned(self, decision: Decision) -> Iterator[Assigned]:
        proofs = self._proofs(decision)
        for address, owner in decision.owners.items():
            yield Assigned(address, owner, proofs.get(address, Proof.NONE))

    def _proofs(self, decision: Decision) -> Mapping[IPAddress, Proof]:
        """What Services say of the addresses that are ours now; of several, one that proves it is enough."""
        proofs: dict[IPAddress, Proof] = {}
        for _, verdict in decision.verdicts:
            seen = self.ownership.service(verdict.service)
            if seen is None:
                continue
            for address in decision.won.intersection(verdict.addresses):
                if proofs.get(address) is not Proof.USED:
                    proofs[address] = proof_of(seen.status, address)
        return proofs

    def _tell_verdicts(self) -> Iterator[Command]:
        """Tell of each verdict when it is so: an address may have to be probed for first."""
        for key, (before, verdict) in list(self._untold.items()):
            here = verdict.standing is Standing.ANNOUNCED
            if not here or self.answered.issuperset(verdict.addresses):
                del self._untold[key]
                yield TellVerdict(before, verdict, self.ownership.service(key))

    # The LAN

    def _overhear(self, event: acd.ClaimHeard, now: float) -> Iterator[Command]:
        claim = event.claim
        yield from self._see_sign_of_life(claim.mac, now)
        if not self.detector.cares(claim.address):
            self.unheeded[Unheeded.NOT_OURS] += 1
        elif claim.mac in self._own_macs:
            self.unheeded[Unheeded.OWN] += 1
        elif claim.probe and claim.address in self.detector.announced:
            self.unheeded[Unheeded.PROBE] += 1
        else:
            yield from self._ask_detector(event, now)

    def _see_sign_of_life(self, mac: bytes, now: float) -> Iterator[Command]:
        """A node that is not heard speaks of an address, so it lives: what it said is judged by that."""
        node = self._peers.nodes.get(mac) if self._peers is not None else None
        if self._peers is None or not node or node in self._peers.live:
            return
        before = self.doubtful
        self._unheard.see_claim(node, now)
        yield from self._look_for_unheard(now)
        if self.doubtful != before:
            yield from self._decide(now)

    def _ask_detector(self, event: acd.Event, now: float) -> Iterator[Command]:
        self._detector_at = NEVER
        for command in self.detector.handle(event, now):
            match command:
                case WakeAt(at):
                    self._detector_at = at
                case acd.Announce(addresses):
                    yield from self._announce(addresses)
                case acd.Probe() | acd.Ask():
                    yield command
                case acd.Defend():
                    if not self._is_paused:
                        yield command
                case acd.ConflictChanged(address):
                    conflict, finding = (
                        self.detector.conflicts.get(address),
                        self.detector.findings.get(address),
                    )
                    yield TellConflict(address, conflict, finding)
                    yield ReportChanged()
                case _:
                    yield from self._settle_among_nodes(command, now)

    def _announce(self, addresses: tuple[IPAddress, ...]) -> Iterator[Command]:
        """Nobody else has these: answer for them, tell the neighbours, then people."""
        yield Answer(addresses)
        self.answered.update(addresses)
        self._owed.extend(map(Won, addresses))
        yield from self._tell_verdicts()
        yield ReportChanged()

    def _settle_among_nodes(self, command: acd.Command, now: float) -> Iterator[Command]:
        """Two nodes of ours may have an address: who keeps it, and what neighbours may have heard."""
        match command:
            case acd.TellAgain(kept, lost, nodes):
                yield TellPartition(nodes, kept, lost)
                self._tell_again(kept)
            case acd.Assert(addresses):
                self._tell_again(addresses)
            case acd.HeldByNode(address, node):
                self.ownership.see_holder(address, node)
                self._is_due = True
            case acd.NotAnswered(address, node):
                self.ownership.see_silent(address, node)
                self._is_due = True
                self._unheard.see_mute(node, now)
                yield from self._look_for_unheard(now)

    def _tell_again(self, addresses: Collection[IPAddress]) -> None:
        """Somebody may have heard otherwise: a whole burst for each that is still ours."""
        for address in addresses:
            if address in self.answered:
                self._owed.extend((Lost(address), Won(address)))

    def _gratuitous(self, now: float) -> Iterator[Command]:
        """What the neighbours are to be told, unless we may not speak: then it is owed."""
        if self._is_paused:
            return
        if not self._owed and now >= self._announcer_at:
            self._owed.append(Tick())
        while self._owed:
            self._announcer_at = NEVER
            for command in self.announcer.handle(self._owed.popleft(), now):
                match command:
                    case SendGratuitous():
                        yield command
                    case WakeAt(at):
                        self._announcer_at = at

    def _wake_up(self, now: float) -> Iterator[Command]:
        at = min(self._detector_at, self._announcer_at)
        if self._is_paused and (self._owed or self._announcer_at <= now):
            at = min(self._detector_at, now + LOOK_AGAIN)
        if self._is_due and self.is_deciding:
            at = now
        if at < NEVER:
            yield WakeAt(at)
