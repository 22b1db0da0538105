"""A whole rack on a virtual clock: speakers with all that decides in them, a controller, an API, ARP frames.

Above the speakers' memberships (VirtualLan) each node has its view of the cluster, its guard of addresses and
its announcer, joined as the speaker daemon joins them. The API tells each of them what changed after a moment
that is never the same. Hosts of the LAN ask, answer and remember as hosts do; one may be a stranger with an
address that ought to be ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from baremetal_lb.decide.eligibility import Speaker as Identity
from baremetal_lb.decide.layer2.acd.claims import Claim, read_arp
from baremetal_lb.decide.layer2.acd.detector import Guard
from baremetal_lb.decide.layer2.acd.events import (
    Announce,
    Ask,
    Assert,
    Assigned,
    Changed,
    Defend,
    Held,
    Overheard,
    Probe,
    Retell,
    Ruled,
    Unanswered,
)
from baremetal_lb.decide.layer2.acd.events import Tick as GuardTick
from baremetal_lb.decide.layer2.acd.events import WakeAt as GuardWakeAt
from baremetal_lb.decide.layer2.acd.peers import peers_by
from baremetal_lb.decide.layer2.acd.proof import Proof
from baremetal_lb.decide.layer2.gratuitous import Announcer, Lost, Renewed, SendGratuitous, Won
from baremetal_lb.decide.layer2.gratuitous import Tick as AnnouncerTick
from baremetal_lb.decide.layer2.gratuitous import WakeAt as AnnouncerWakeAt
from baremetal_lb.decide.layer2.ownership import Ownership
from baremetal_lb.decide.membership.machine import Left, Linked
from baremetal_lb.decide.membership.unheard import Unheard
from baremetal_lb.decide.node_interfaces import NodeRoll
from baremetal_lb.model.membership import MemberState, NotHeard, Uplink
from baremetal_lb.model.node_interfaces import NodeInterface, NodeInterfaces
from baremetal_lb.model.nodes import NodeView, SliceView
from baremetal_lb.wire import arp
from tests.baremetal_lb.fakes.paper_cluster import Cluster, key
from tests.fakes.virtual_lan import Speaker, VirtualLan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from baremetal_lb.model.objects import ObjectKey

CLIENT, STRANGER = bytes.fromhex("02000000c11e"), bytes.fromhex("0242c0000263")
CLIENT_IP = IPv4Address("192.0.2.100")
REQUEST, REPLY = b"\x00\x01", b"\x00\x02"
API_DELAY = 0.002, 0.08
LOOK = 0.25  # seconds between two looks at who is not heard
GATHER_EVERY = 1.0
CALM = 1.5  # seconds without anything new, and everybody knows everything
LONG_PAUSE = 0.45  # longer than others wait
BROADCAST = b"\xff" * 6


def mac_of(number: int) -> bytes:
    return bytes([2, 0, 0, 0, 0, number])


@dataclass
class Node(Speaker):
    """One node: what its speaker knows and does, while that runs."""

    mac: bytes = b""
    ownership: Ownership = None
    guard: Guard = None
    announcer: Announcer = None
    answering: set[IPv4Address] = field(default_factory=set)
    timers: dict[str, int] = field(default_factory=dict)  # the tick of each part that counts
    told: int = 0  # how much of the API's history it has seen
    hearing: float = 0.0  # when what the API told last arrives
    run: int = 0  # which of its runs this is
    carrier: bool = True
    settled: bool = False  # it has heard the others once
    paused_at: float = 0.0
    had_peers: bool = False  # then
    left_at: float = 0.0
    expects_heirs: bool = False  # others are to have its addresses when it goes
    leaving: bool = False  # it only answers, until the others have taken over
    unheard: Unheard = None
    doubtful: frozenset[str] = frozenset()  # who may live without being heard


class VirtualRack(VirtualLan):
    """The nodes, the controller with its Services, and the hosts of the LAN."""

    def __init__(self, count: int, seed: int = 0, *, loss: float = 0.0) -> None:
        super().__init__(count, seed, loss=loss)
        self.speakers = {
            name: Node(name, speaker.drift, speaker.offset, mac=mac_of(number))
            for number, (name, speaker) in enumerate(self.speakers.items(), 1)
        }
        self.control = Cluster()
        self.control.pools("name: lan, addresses: [192.0.2.200-192.0.2.205]")
        self.serving: dict[ObjectKey, frozenset[str]] = {}
        self.history: list[object] = []  # functions of an Ownership: what the API has told, in order
        self.known: dict[ObjectKey, object] = {}  # Services as last told
        self.cache: dict[IPv4Address, bytes] = {}  # the client's
        self.strangers: set[IPv4Address] = set()
        self.squatted: set[IPv4Address] = set()  # those of them that none of ours had used before
        self.disturbed = 0.0  # when last something happened that the nodes have to find out about
        self.used: set[IPv4Address] = set()  # by us, ever
        self.proofs: dict[IPv4Address, Proof] = {}  # what the Services' conditions say
        self.roll = NodeRoll()  # what speakers have told of their interfaces
        self.conflicts: list[str] = []  # all that any guard found before a first use
        self.at(GATHER_EVERY, self._gather)
        for name in self.speakers:
            self._publish(lambda ownership, name=name: ownership.see_node(name, NodeView(name)))
        pools = self.control.allocator.books.config
        self._publish(lambda ownership: ownership.see_pools(pools))

    def say(self, text: str) -> None:
        super().say(text)
        if not any(own in text for own in (" sees ", " announces ")):
            self.disturbed = self.now

    # What people do

    def create(self, name: str) -> None:
        """A Service with an endpoint on each node."""
        self.say(f"{name} is created")
        self.control.create(name)
        self._serve(name, frozenset(self.speakers))
        self._publish_services()

    def delete(self, name: str) -> None:
        self.say(f"{name} is deleted")
        self.control.delete(name)
        self._serve(name, frozenset())
        self._publish_services()

    def restart_controller(self) -> None:
        """Another controller takes over."""
        self.say("the controller starts anew")
        self.control.restart()
        self._publish_services()

    def address(self, name: str) -> IPv4Address | None:
        found = self.control.services[key(name)].status.addresses
        return found[0] if found else None

    def unplug(self, name: str) -> None:
        """The node's LAN interface loses its carrier; its speaker still reaches the others on another one."""
        self.say(f"{name} is unplugged")
        self.speakers[name].carrier = False
        self._link(self.speakers[name])

    def plug_in(self, name: str) -> None:
        self.say(f"{name} is plugged in")
        self.speakers[name].carrier = True
        self._link(self.speakers[name])

    def arrive(self, address: IPv4Address) -> None:
        """A stranger has this address from now on, and says so once, as hosts do."""
        self.say(f"a stranger has {address}")
        self.strangers.add(address)
        if address not in self.used:
            self.squatted.add(address)
        for frame in arp.frames_from(STRANGER).gratuitous(address):
            self._broadcast(STRANGER, frame)

    def depart(self, address: IPv4Address) -> None:
        self.say(f"the stranger with {address} goes")
        self.strangers.discard(address)
        self.squatted.discard(address)

    def ask(self, address: IPv4Address) -> None:
        """The client asks who has an address, as it does for its next connection."""
        self._broadcast(CLIENT, arp.frames_from(CLIENT).question(address, CLIENT_IP))

    # What holds

    def answering(self, address: IPv4Address) -> list[str]:
        """The nodes that would answer for an address, now."""
        return [each.name for each in self.speakers.values() if self._answers(each, address)]

    def somebody_can(self) -> bool:
        """Whether there is a node that could announce. One that hears nobody takes itself for cut off."""
        running = [
            each
            for each in self.speakers.values()
            if each.machine is not None and not each.paused and not each.leaving
        ]
        return len(running) >= min(2, self.count) and any(each.carrier for each in running)

    def in_doubt(self) -> bool:
        """Whether a node that runs takes one for alive that it does not hear."""
        return any(each.doubtful for each in self.speakers.values() if each.machine is not None)

    def withheld(self) -> bool:
        """Whether a node waits before it announces what is its own."""
        running = (each for each in self.speakers.values() if each.machine is not None)
        return any(each.ownership.announced() - each.answering for each in running)

    def agree(self, one: str, other: str) -> bool:
        """Whether two nodes that decide know the same, of the speakers and of the cluster."""
        a, b = self.speakers[one], self.speakers[other]
        if a.leaving or b.leaving:
            return False
        mine, theirs = ((each.view.states, each.view.uplinks, each.told, each.doubtful) for each in (a, b))
        return mine == theirs

    def _answers(self, node: Node, address: IPv4Address) -> bool:
        running = node.machine is not None and not node.paused and node.carrier
        return running and address in node.answering and node.clock(self.now) <= node.lease

    # The API

    def _publish(self, told) -> None:
        self.history.append(told)
        for node in self.speakers.values():
            if node.machine is not None:
                self._tell(node)

    def _publish_services(self) -> None:
        """What the controller wrote, for all to see."""
        now = dict(self.control.services)
        for each in self.known.keys() | now.keys():
            old, new = self.known.get(each), now.get(each)
            if old != new:
                self._publish(lambda ownership, old=old, new=new: ownership.see_service(old, new))
        self.known = now

    def _serve(self, name: str, nodes: frozenset[str]) -> None:
        service = key(name)
        before = self.serving.pop(service, None)
        old = SliceView(service, service, before) if before is not None else None
        new = SliceView(service, service, nodes) if nodes else None
        if nodes:
            self.serving[service] = nodes
        self._publish(lambda ownership: ownership.see_slice(old, new))

    def _tell(self, node: Node) -> None:
        """The newest of the API's history reaches a node, never before what came earlier."""
        node.hearing = max(node.hearing, self.now + self.random.uniform(*API_DELAY))
        upto, run = len(self.history), node.run
        self.at(node.hearing, lambda: self._learn(node, upto, run))

    def _learn(self, node: Node, upto: int, run: int) -> None:
        if node.run != run or node.machine is None:
            return
        if node.paused:  # it finds it on its socket when it goes on
            self.at(self.now + 0.05, lambda: self._learn(node, upto, run))
            return
        for told in self.history[node.told : upto]:
            told(node.ownership)
        node.told = max(node.told, upto)
        self._decide(node)

    def _gather(self) -> None:
        """What the controller makes of the speakers' reports, about once a second."""
        self.at(self.now + GATHER_EVERY, self._gather)
        running = [each for each in self.speakers.values() if each.machine is not None and not each.paused]
        for node in running:
            self.proofs |= dict.fromkeys(node.guard.conflicts.keys() - node.answering, Proof.REFUSED)
        for node in running:
            self.proofs |= dict.fromkeys(node.answering, Proof.USED)

    # A speaker

    def start(self, *names: str) -> None:
        for name in names or tuple(self.speakers):
            node = self.speakers[name]
            node.run += 1
            node.ownership, node.guard = Ownership(Identity(name)), Guard(name)
            node.announcer, node.timers, node.told = Announcer(60.0), {}, 0
            node.unheard, node.doubtful = Unheard(name), frozenset()
            self.roll.see(name, NodeInterfaces(name, (NodeInterface("eth0", node.mac),)))
            node.answering, node.settled, node.leaving = set(), False, False
            super().start(name)
            self._link(node)
            self._tell(node)
            self._look(node, node.run)

    def kill(self, name: str) -> None:
        super().kill(name)
        self.speakers[name].answering = set()

    def leave(self, name: str) -> None:
        """It decides no more; what it had it answers for until the others have taken over."""
        node = self.speakers[name]
        faults = self.loss or self.cut or self.blocked or self.foreign
        node.leaving, calm = True, self.now >= self.disturbed + CALM and not faults
        node.expects_heirs = calm and self.somebody_can() and not self.withheld()
        super().leave(name)
        node.left_at = self.disturbed
        self.roll.see(name, replace(self.roll.tells(name), running=False))

    def _perform(self, speaker: Node, command: object) -> None:
        heirs_due = speaker.expects_heirs and speaker.left_at == self.disturbed
        if isinstance(command, Left) and heirs_due:
            for address in speaker.answering:
                others = [each for each in self.answering(address) if each != speaker.name]
                assert others, f"{speaker.name} goes, and nobody has {address}\n{self.story()}"
        super()._perform(speaker, command)

    def pause(self, name: str) -> None:
        super().pause(name)
        self.speakers[name].paused_at = self.now
        self.speakers[name].had_peers = len(self.speakers[name].view.states) > 1

    def resume(self, name: str) -> None:
        """What others did meanwhile it cannot know before it has heard them."""
        super().resume(name)
        node = self.speakers[name]
        if node.had_peers and not node.leaving and self.now >= node.paused_at + LONG_PAUSE:
            rash = [each for each in node.answering if self._answers(node, each)]
            assert not rash, f"{name} was paused and answers for {rash} at once\n{self.story()}"

    def _link(self, node: Node) -> None:
        uplinks = (Uplink("eth0", node.mac),) if node.carrier else ()
        if node.machine is None or node.leaving:
            return
        node.ownership.see_links([each.name for each in uplinks])
        self.feed(node, Linked(uplinks))
        self._decide(node)
        if node.carrier:
            self._announce(node, Renewed("eth0"))

    def on_view(self, node: Node) -> None:
        """Its membership has another view of the others."""
        view = node.view
        if node.leaving:
            return
        node.ownership.see_members(view)
        self._doubt(node)
        self._guard(node, peers_by(view, node.name, [node.mac], frozenset(), self.roll))
        self._decide(node)

    def on_datagram(self, node: Node, sender: str, why: NotHeard) -> None:
        """It counts for nothing, but shows that its sender lives."""
        if node.machine is not None:
            node.unheard.see_datagram(sender, why, node.clock(self.now))

    def _look(self, node: Node, run: int) -> None:
        """What time alone changes in whom a node takes for alive though it does not hear it."""
        if node.run != run or node.machine is None or node.leaving:
            return
        self.at(self.now + LOOK, lambda: self._look(node, run))
        if node.paused:
            return
        if node.unheard.wants_api and not any(node.name in way for way in self.cut):
            node.unheard.see_api(node.clock(self.now))
        if self._doubt(node):
            self._decide(node)

    def _doubt(self, node: Node) -> bool:
        """Have it decided who may live unheard. Whether that is news."""
        now, before = node.clock(self.now), node.doubtful
        node.unheard.see_view(node.view, now)
        node.unheard.see_nodes(frozenset(self.speakers), self.roll.running)
        node.doubtful = frozenset(node.unheard.reasons(now))
        if node.doubtful != before:
            self.say(f"{node.name} sees not {sorted(node.doubtful)}")
            node.ownership.see_unheard(node.doubtful)
        return node.doubtful != before

    def _decide(self, node: Node) -> None:
        mine = node.view.states.get(node.name)
        node.settled |= mine not in (None, MemberState.SETTLING)
        if node.machine is None or node.leaving or node.told == 0 or not node.settled:
            return
        ruling = node.ownership.decide()
        node.answering -= ruling.lost
        for address in ruling.lost:
            self._announce(node, Lost(address))
        assigned = tuple(
            Assigned(address, owner, self.proofs.get(address, Proof.NONE))
            for address, owner in ruling.owners.items()
        )
        self._guard(node, Ruled(assigned, ruling.contested))

    def _guard(self, node: Node, event: object) -> None:
        if node.leaving:
            return
        for command in node.guard.handle(event, node.clock(self.now)):
            match command:
                case Announce(addresses):
                    self._take_up(node, addresses)
                case Retell() | Defend() | Assert() | Held() | Unanswered() | Changed():
                    self._dispute(node, command)
                case Probe() | Ask():
                    self._inquire(node, command)
                case GuardWakeAt(at):
                    self._wake(node, "guard", at, lambda: self._guard(node, GuardTick()))

    def _dispute(self, node: Node, command: object) -> None:
        match command:
            case Retell(addresses) | Assert(addresses):
                for address in addresses:
                    self._shout(node, address)
            case Defend(address):
                self._shout(node, address)
            case Changed(address) if self._is_withheld(node, address):
                self.conflicts.append(f"{self.now:.3f} {node.name} {node.guard.conflicts[address]}")
            case Held(address, other):
                self.say(f"{node.name} sees {address} with {other}")
                node.ownership.see_holder(address, other)
                self._decide_soon(node)
            case Unanswered(address, other):
                self.say(f"{node.name} sees {address} not answered by {other}")
                node.ownership.see_silent(address, other)
                node.unheard.see_mute(other, node.clock(self.now))
                self._doubt(node)
                self._decide_soon(node)

    def _is_withheld(self, node: Node, address: IPv4Address) -> bool:
        conflict = node.guard.conflicts.get(address)
        return conflict is not None and conflict.kind.withholds

    def _decide_soon(self, node: Node) -> None:
        run = node.run
        self.at(self.now + 0.0005, lambda: node.run == run and self._decide(node))

    def _take_up(self, node: Node, addresses: Iterable[IPv4Address]) -> None:
        for address in addresses:
            self.say(f"{node.name} announces {address}")
            node.answering.add(address)
            self.used.add(address)
            self._announce(node, Won(address))

    def _inquire(self, node: Node, command: Probe | Ask) -> None:
        frames = arp.frames_from(node.mac)
        if isinstance(command, Probe):
            self._send(node, frames.probe(command.address))
        else:
            self._send(node, frames.question(command.address, IPv4Address(f"192.0.2.{node.mac[-1]}")))

    def _announce(self, node: Node, event: object) -> None:
        for command in node.announcer.handle(event, node.clock(self.now)):
            match command:
                case SendGratuitous(address):
                    self._shout(node, address)
                case AnnouncerWakeAt(at):
                    self._wake(node, "announcer", at, lambda: self._announce(node, AnnouncerTick()))

    def _wake(self, node: Node, part: str, at: float, call) -> None:
        turn = node.timers[part] = next(self._order)
        run = node.run

        def tick() -> None:
            if node.timers.get(part) != turn or node.run != run or node.machine is None or node.leaving:
                return
            if node.paused:
                self.at(self.now + 0.05, tick)
            else:
                call()

        self.at(max(self.now, node.time_of(at)), tick)

    # The wire

    def _shout(self, node: Node, address: IPv4Address) -> None:
        if address not in node.answering:
            return
        for frame in arp.frames_from(node.mac).gratuitous(address):
            self._send(node, frame)

    def _send(self, node: Node, frame: bytes) -> None:
        claim = read_arp(frame)
        if isinstance(claim, Claim) and not claim.probe and frame[28:32] == frame[38:42]:
            owned = claim.address in node.ownership.announced()
            assert owned, f"{node.name} tells of {claim.address}, which it does not own\n{self.story()}"
        if node.carrier:
            self._broadcast(node.mac, frame)

    def _broadcast(self, source: bytes, frame: bytes) -> None:
        sender = next((each for each in self.speakers.values() if each.mac == source), None)
        for node in self.speakers.values():
            parted = sender is not None and (sender.name, node.name) in self.cut
            if node is not sender and not parted and self._arrives():
                self._later(lambda node=node: self._take(node, source, frame))
        if source != CLIENT and self._arrives():
            self._later(lambda: self._remember(frame))
        if source != STRANGER and self._arrives():
            self._later(lambda: self._stranger_takes(frame))

    def _arrives(self) -> bool:
        return self.random.random() >= self.loss

    def _later(self, what) -> None:
        self.at(self.now + self.random.uniform(*self.delay), what)

    def _take(self, node: Node, source: bytes, frame: bytes) -> None:
        if node.machine is None or not node.carrier:
            return
        if node.paused:  # in its socket's buffer, until it goes on
            self.at(self.now + 0.05, lambda: self._take(node, source, frame))
            return
        claim = read_arp(frame)
        if isinstance(claim, Claim):
            self._sight(node, claim.mac)
        if isinstance(claim, Claim) and node.guard.cares(claim.address):
            self._guard(node, Overheard(claim, "eth0"))
        target = IPv4Address(frame[38:42])
        if frame[20:22] == REQUEST and frame[28:32] != frame[38:42] and self._answers(node, target):
            owned = target in node.ownership.announced()
            assert owned, f"{node.name} answers for {target}, which it does not own\n{self.story()}"
            self._reply(node.mac, source, target, frame)

    def _sight(self, node: Node, mac: bytes) -> None:
        """A node that is not alive by its heartbeats speaks of an address."""
        sender = self.roll.macs.get(mac)
        if sender is None or sender == node.name or sender in node.view.states or not node.settled:
            return
        node.unheard.see_claim(sender, node.clock(self.now))
        if self._doubt(node):
            self._decide(node)

    def _reply(self, mac: bytes, to: bytes, address: IPv4Address, request: bytes) -> None:
        frame = to + arp.frames_from(mac).reply_middle(address) + request[22:32]
        for node in self.speakers.values():
            if node.mac == to and self._arrives():
                self._later(lambda node=node: self._take(node, mac, frame))
        if to == CLIENT and self._arrives():
            self._later(lambda: self._remember(frame))

    def _remember(self, frame: bytes) -> None:
        """The client learns from what it asked for, and mends what it knew from what it is told."""
        claim = read_arp(frame)
        if isinstance(claim, Claim) and not claim.probe:
            asked = frame[:6] == CLIENT
            if asked or claim.address in self.cache:
                self.cache[claim.address] = claim.mac

    def _stranger_takes(self, frame: bytes) -> None:
        target = IPv4Address(frame[38:42])
        if frame[20:22] == REQUEST and target in self.strangers and frame[28:32] != frame[38:42]:
            self._reply(STRANGER, frame[6:12], target, frame)
