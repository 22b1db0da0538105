"""A whole rack on a virtual clock: speakers with all that decides in them, a controller, an API, ARP frames.

Above the speakers' memberships (VirtualLan) each node runs the machine that the speaker daemon runs; its
commands are performed on a LAN of frames. The API and the controller stand beside it (VirtualApi). Hosts of
the LAN ask, answer and remember as hosts do; one may be a stranger with an address that ought to be ours.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from baremetal_lb.decide.eligibility import Speaker as Identity
from baremetal_lb.decide.layer2.acd.claims import Claim, read_arp
from baremetal_lb.decide.layer2.acd.detector import ConflictDetector
from baremetal_lb.decide.layer2.acd.events import Ask, ClaimHeard, Defend, Probe
from baremetal_lb.decide.layer2.gratuitous import Announcer, SendGratuitous
from baremetal_lb.decide.layer2.ownership import Ownership
from baremetal_lb.decide.membership.machine import Left, Linked
from baremetal_lb.decide.reports.compose import YieldedAddresses
from baremetal_lb.decide.speaker.commands import (
    Answer,
    AskApi,
    Rebind,
    ReportChanged,
    TellConflict,
    TellPeers,
    Withdraw,
)
from baremetal_lb.decide.speaker.events import (
    ApiAnswered,
    DatagramsSeen,
    InterfacesSeen,
    MembersSeen,
    Met,
    NodeInterfacesSeen,
    PortsFitted,
    Prerequisite,
    Rebound,
    Stopping,
)
from baremetal_lb.decide.speaker.machine import SpeakerMachine
from baremetal_lb.decide.timers import Tick, WakeAt
from baremetal_lb.model.node_interfaces import NodeInterface, NodeInterfaces
from baremetal_lb.wire import arp
from tests.fakes.virtual_api import API_DELAY, Node, VirtualApi

if TYPE_CHECKING:
    from baremetal_lb.decide.speaker.events import Event
    from baremetal_lb.model.membership import NotHeard

CLIENT, STRANGER = bytes.fromhex("02000000c11e"), bytes.fromhex("0242c0000263")
CLIENT_IP = IPv4Address("192.0.2.100")
REQUEST, REPLY = b"\x00\x01", b"\x00\x02"
FIT_DELAY = 0.0005, 0.02
LOOK = 0.25  # seconds between two looks at who is not heard
CALM = 1.5  # seconds without anything new, and everybody knows everything
LONG_PAUSE = 0.45  # longer than others wait
BROADCAST = b"\xff" * 6


class VirtualRack(VirtualApi):
    """The nodes, the controller with its Services, and the hosts of the LAN."""

    def __init__(self, count: int, seed: int = 0, *, loss: float = 0.0) -> None:
        super().__init__(count, seed, loss=loss)
        self.cache: dict[IPv4Address, bytes] = {}  # the client's
        self.strangers: set[IPv4Address] = set()
        self.squatted: set[IPv4Address] = set()  # those of them that none of ours had used before
        self.disturbed = 0.0  # when last something happened that the nodes have to find out about
        self.used: set[IPv4Address] = set()  # by us, ever
        self.conflicts: list[str] = []  # all that any detector found before a first use

    def say(self, text: str) -> None:
        super().say(text)
        if not any(own in text for own in (" sees ", " announces ")):
            self.disturbed = self.now

    # What people do

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
        return any(each.decider.doubtful for each in self.speakers.values() if each.machine is not None)

    def withheld(self) -> bool:
        """Whether a node waits before it announces what is its own."""
        running = (each for each in self.speakers.values() if each.machine is not None)
        return any(each.decider.ownership.announced() - each.answering for each in running)

    def agree(self, one: str, other: str) -> bool:
        """Whether two nodes that decide know the same, of the speakers and of the cluster."""
        a, b = self.speakers[one], self.speakers[other]
        if a.leaving or b.leaving:
            return False
        mine, theirs = (
            (each.view.states, each.view.uplinks, each.told, each.decider.doubtful) for each in (a, b)
        )
        return mine == theirs

    def _answers(self, node: Node, address: IPv4Address) -> bool:
        running = node.machine is not None and not node.paused and node.carrier
        return running and address in node.answering and not node.lapsed(self.now)

    # A speaker

    def start(self, *names: str) -> None:
        for name in names or tuple(self.speakers):
            node = self.speakers[name]
            node.run += 1
            node.decider = SpeakerMachine(Ownership(Identity(name)), ConflictDetector(name), Announcer(60.0))
            node.turn, node.told, node.datagrams, node.held = 0, 0, {}, []
            node.answering, node.leaving, node.fitting_until = set(), False, 0.0
            node.yielded, node.report, node.report_due = YieldedAddresses(), None, 0.0
            super().start(name)
            own = NodeInterfaces(name, (NodeInterface("eth0", node.mac),))
            self._decide(node, NodeInterfacesSeen(name, own))
            self._publish_interfaces(name, own)
            self._decide(node, Met(Prerequisite.PEERS_INTERFACES))
            for change in self._changes_of(node):  # its daemon has its ports before its heartbeats begin
                self._decide(node, change)
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
        self._decide(node, Stopping())
        self._publish_interfaces(name, replace(self.objects[name], running=False))

    def _perform(self, speaker: Node, command: object) -> None:
        heirs_due = speaker.expects_heirs and speaker.left_at == self.disturbed
        if isinstance(command, Left) and heirs_due:
            for address in speaker.answering:
                others = [each for each in self.answering(address) if each != speaker.name]
                assert others, f"{speaker.name} goes, and nobody has {address}\n{self.story()}"
        if isinstance(command, Left):
            self._to_control(speaker, lambda: self.control.lose_report(speaker.name))
        super()._perform(speaker, command)

    def pause(self, name: str) -> None:
        super().pause(name)
        self.speakers[name].paused_at = self.now
        self.speakers[name].had_peers = len(self.speakers[name].view.states) > 1

    def resume(self, name: str) -> None:
        """What others did meanwhile it cannot know before it has heard them."""
        super().resume(name)
        node = self.speakers[name]
        held, node.held = node.held, []
        for event in held:
            self._decide(node, event)
        if node.had_peers and not node.leaving and self.now >= node.paused_at + LONG_PAUSE:
            rash = [each for each in node.answering if self._answers(node, each)]
            assert not rash, f"{name} was paused and answers for {rash} at once\n{self.story()}"

    def _link(self, node: Node) -> None:
        """Its interface is there, or has no carrier; a moment later its ports are fitted to that."""
        if node.machine is None or node.leaving:
            return
        seen, fitted = self._changes_of(node)
        begun = max(self.now, node.fitting_until)  # one change after the other, as its daemon does
        node.fitting_until = begun + self.random.uniform(*FIT_DELAY)
        self._soon(node, begun, seen)
        self._soon(node, node.fitting_until, fitted)

    def _changes_of(self, node: Node) -> tuple[InterfacesSeen, PortsFitted]:
        there = (node.port,) if node.carrier else ()
        renewed = tuple(each.name for each in there)
        return InterfacesSeen(there), PortsFitted((node.port,), there, renewed=renewed)

    def _soon(self, node: Node, when: float, event: Event) -> None:
        """An event reaches its machine then, or when it goes on after a pause."""
        run = node.run

        def feed() -> None:
            if node.run == run and node.paused:
                node.held.append(event)
            elif node.run == run:
                self._decide(node, event)

        self.at(when, feed)

    def on_view(self, node: Node) -> None:
        """Its membership has another view of the others."""
        self._decide(node, MembersSeen(node.view))

    def on_datagram(self, node: Node, sender: str, why: NotHeard) -> None:
        """It counts for nothing, but shows that its sender lives."""
        node.datagrams[sender] = why

    def _look(self, node: Node, run: int) -> None:
        """What time alone changes in whom a node takes for alive though it does not hear it."""
        if node.run != run or node.machine is None or node.leaving:
            return
        self.at(self.now + LOOK, lambda: self._look(node, run))
        if not node.paused:
            datagrams, node.datagrams = node.datagrams, {}
            self._decide(node, DatagramsSeen(datagrams))

    def _decide(self, node: Node, event: Event) -> None:
        if node.machine is None:
            return
        before = node.decider.doubtful
        commands = node.decider.handle(event, node.clock(self.now), lapsed=node.lapsed(self.now))
        if node.decider.doubtful != before:
            self.say(f"{node.name} sees not {sorted(node.decider.doubtful)}")
        node.turn = next(self._order)
        for command in commands:
            self._do(node, command)

    def _do(self, node: Node, command: object) -> None:
        match command:
            case Answer(addresses):
                self.say(f"{node.name} announces {' '.join(map(str, addresses))}")
                node.answering.update(addresses)
                self.used.update(addresses)
            case Withdraw(addresses):
                node.answering -= addresses
            case SendGratuitous(address):
                self._shout(node, address)
            case Probe() | Ask() | Defend():
                self._inquire(node, command)
            case WakeAt(at):
                self._wake(node, at)
            case _:
                self._tell_others(node, command)

    def _tell_others(self, node: Node, command: object) -> None:
        match command:
            case TellPeers(uplinks):
                self.feed(node, Linked(uplinks))
            case Rebind():
                self._soon(node, self.now, Rebound(()))
            case ReportChanged():
                self._owe_report(node, self.now)
            case AskApi() if not any(node.name in way for way in self.cut):
                self._soon(node, self.now + self.random.uniform(*API_DELAY), ApiAnswered())
            case TellConflict(_, conflict) if conflict is not None and conflict.kind.withholds:
                self.conflicts.append(f"{self.now:.3f} {node.name} {conflict}")

    def _inquire(self, node: Node, command: Probe | Ask | Defend) -> None:
        frames = arp.frames_from(node.mac)
        match command:
            case Probe(address):
                self._send(node, frames.probe(address))
            case Ask(address):
                self._send(node, frames.question(address, IPv4Address(f"192.0.2.{node.mac[-1]}")))
            case Defend(address):
                self._send(node, frames.gratuitous(address)[0])

    def _wake(self, node: Node, at: float) -> None:
        turn, run = node.turn, node.run

        def tick() -> None:
            if node.turn != turn or node.run != run:
                return
            if node.paused:
                self.at(self.now + 0.05, tick)
            else:
                self._decide(node, Tick())

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
            owned = claim.address in node.decider.ownership.announced()
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
            self._decide(node, ClaimHeard(claim, "eth0"))
        target = IPv4Address(frame[38:42])
        if frame[20:22] == REQUEST and frame[28:32] != frame[38:42] and self._answers(node, target):
            owned = target in node.decider.ownership.announced()
            assert owned, f"{node.name} answers for {target}, which it does not own\n{self.story()}"
            self._reply(node.mac, source, target, frame)

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
