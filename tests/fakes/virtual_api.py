"""The API of a virtual rack, and the controller on it: what each of them tells the speakers, and they it.

The controller is the one on paper, which runs the controller's machine; it gets the reports that speakers
compose. Whatever is told arrives after a moment that is never the same, and in order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from baremetal_lb.decide.reports.compose import (
    Troubles,
    YieldedAddresses,
    announcing_of,
    compose,
    speaks_for_all,
)
from baremetal_lb.decide.speaker.events import (
    Met,
    NodeInterfacesSeen,
    NodeSeen,
    PoolsSeen,
    Prerequisite,
    ServiceSeen,
    SliceSeen,
)
from baremetal_lb.model.announcements import Announcement
from baremetal_lb.model.interfaces import Interface
from baremetal_lb.model.nodes import NodeView, SliceView
from baremetal_lb.model.reports import Deaf
from testkit.virtual_lan import Speaker, VirtualLan
from tests.baremetal_lb.fakes.paper_cluster import Cluster, key

if TYPE_CHECKING:
    from collections.abc import Callable
    from ipaddress import IPv4Address

    from baremetal_lb.decide.speaker.events import Event
    from baremetal_lb.decide.speaker.machine import SpeakerMachine
    from baremetal_lb.model.membership import NotHeard
    from baremetal_lb.model.node_interfaces import NodeInterfaces
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.reports import Report
    from baremetal_lb.model.services import ServiceView


API_DELAY = 0.002, 0.08
PACE, BEAT = 1.0, 10.0  # seconds between two reports of a speaker, at least and at most
MEMBERSHIP_PORT = 7947


def mac_of(number: int) -> bytes:
    return bytes([2, 0, 0, 0, 0, number])


@dataclass
class Node(Speaker):
    """One node: its speaker's machine while that runs, and what it answers for on the LAN."""

    mac: bytes = b""
    decider: SpeakerMachine = None
    answering: set[IPv4Address] = field(default_factory=set)
    turn: int = 0  # the tick of the machine that counts
    told: int = 0  # how much of the API's history it has seen
    hearing: float = 0.0  # when what the API told last arrives
    fitting_until: float = 0.0  # when its ports are as its interfaces are
    run: int = 0  # which of its runs this is
    carrier: bool = True
    datagrams: dict[str, NotHeard] = field(
        default_factory=dict
    )  # that counted for nothing, since the last look
    held: list[Event] = field(default_factory=list)  # what it finds when it goes on
    paused_at: float = 0.0
    had_peers: bool = False  # then
    left_at: float = 0.0
    expects_heirs: bool = False  # others are to have its addresses when it goes
    leaving: bool = False  # it only answers, until the others have taken over
    yielded: YieldedAddresses = field(default_factory=YieldedAddresses)
    report: Report | None = None  # as last written
    reported_at: float = float("-inf")
    report_due: float = 0.0
    heard: float = 0.0  # when what it wrote last reaches the controller

    @property
    def port(self) -> Interface:
        return Interface(1, "eth0", self.mac)

    def lapsed(self, now: float) -> bool:
        """Whether it was paused for so long that others may announce what was its own."""
        return self.clock(now) > self.lease


class VirtualApi(VirtualLan, ABC):
    """The nodes, and the controller with its Services. What a node makes of what it is told: `_decide`."""

    def __init__(self, count: int, seed: int = 0, *, loss: float = 0.0) -> None:
        super().__init__(count, seed, loss=loss)
        self.speakers = {
            name: Node(name, speaker.drift, speaker.offset, mac=mac_of(number))
            for number, (name, speaker) in enumerate(self.speakers.items(), 1)
        }
        self.control = Cluster(now=0.0)
        self.control_turn = 0  # the tick of its machine that counts
        for name in self.speakers:
            self.control.node(name)
        self.control.pools("name: lan, addresses: [192.0.2.200-192.0.2.205]")
        self.serving: dict[ObjectKey, frozenset[str]] = {}
        self.history: list[Event] = []  # what the API has told, in order
        self.known: dict[ObjectKey, object] = {}  # Services as last told
        self.objects: dict[str, NodeInterfaces] = {}  # what speakers have told of their interfaces
        for name in self.speakers:
            self._publish(NodeSeen(name, NodeView(name)))
        self.publish_pools()

    @abstractmethod
    def _decide(self, node: Node, event: Event) -> None:
        """A node's machine is told."""

    # What people do

    def publish_pools(self) -> None:
        """The pools that the controller has in force, for all speakers."""
        self._publish(PoolsSeen(self.control.allocator.allocations.config))

    def create(self, name: str) -> None:
        """A Service with an endpoint on each node."""
        self.say(f"{name} is created")
        self._serve(name, frozenset(self.speakers))
        self._control(lambda: self.control.create(name))

    def delete(self, name: str) -> None:
        self.say(f"{name} is deleted")
        self._serve(name, frozenset())
        self._control(lambda: self.control.delete(name))

    def restart_controller(self) -> None:
        """Another controller takes over."""
        self.say("the controller starts anew")
        self._control(self.control.restart)

    def address(self, name: str) -> IPv4Address | None:
        found = self.control.services[key(name)].status.addresses
        return found[0] if found else None

    # The API

    def _publish(self, told: Event) -> None:
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
                self._say_addresses(old, new)
                self._publish(ServiceSeen(old, new))
        self.known = now

    def _say_addresses(self, old: ServiceView | None, new: ServiceView | None) -> None:
        before, after = (each.status.addresses if each is not None else () for each in (old, new))
        if after != before and new is not None:
            self.say(f"{new.key.name} has {' '.join(map(str, after)) or 'no address'}")

    def _control(self, act: Callable[[], object]) -> None:
        """The controller learns of something, writes what follows from it, and is woken when it wants."""
        self.control.now = max(self.control.now, self.now)
        act()
        self.control.settle()
        self._publish_services()
        turn = self.control_turn = next(self._order)
        if self.control.wake < float("inf"):
            self.at(max(self.now, self.control.wake), lambda: self._wake_control(turn))

    def _wake_control(self, turn: int) -> None:
        if turn == self.control_turn:
            self._control(lambda: None)

    def _publish_interfaces(self, name: str, told: NodeInterfaces) -> None:
        self.objects[name] = told
        self._publish(NodeInterfacesSeen(name, told))
        self._to_control(self.speakers[name], lambda: self.control.tell_interfaces(told))

    def _to_control(self, node: Node, tell: Callable[[], object]) -> None:
        """What a speaker wrote reaches the controller, never before what it wrote earlier."""
        node.heard = max(node.heard, self.now + self.random.uniform(*API_DELAY))
        self.at(node.heard, lambda: self._control(tell))

    def _serve(self, name: str, nodes: frozenset[str]) -> None:
        service = key(name)
        before = self.serving.pop(service, None)
        old = SliceView(service, service, before) if before is not None else None
        new = SliceView(service, service, nodes) if nodes else None
        if nodes:
            self.serving[service] = nodes
        self._publish(SliceSeen(old, new))

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
        first = node.told == 0
        for told in self.history[node.told : upto]:
            self._decide(node, told)
        node.told = max(node.told, upto)
        if first:
            self._decide(node, Met(Prerequisite.CLUSTER))

    # Reports

    def _owe_report(self, node: Node, due: float) -> None:
        """Its speaker reports then, unless it does so before; never twice within PACE."""
        at = max(due, node.reported_at + PACE)
        if self.now < node.report_due <= at:
            return
        node.report_due, run = at, node.run
        self.at(at, lambda: self._report(node, run, at))

    def _report(self, node: Node, run: int, due: float) -> None:
        if node.run != run or node.machine is None or node.leaving or node.report_due != due:
            return
        if node.paused:
            self.at(self.now + 0.05, lambda: self._report(node, run, due))
            return
        report = self._compose(node)
        if report != node.report:  # a sign of life is read as the same object
            node.report = report
        node.reported_at = self.now
        self._owe_report(node, self.now + BEAT)
        self._to_control(node, lambda report=node.report: self.control.report(report))

    def _compose(self, node: Node) -> Report:
        machine, ownership = node.decider, node.decider.ownership
        places = (("eth0", node.mac.hex(":")),) if node.carrier else ()
        found = [Announcement(address, places) for address in node.answering]
        conflicts = tuple(machine.detector.conflicts.values())
        node.yielded.see(conflicts, found, self.now)
        deaf = Deaf(MEMBERSHIP_PORT, tuple(machine.unheard_nodes))
        findings = tuple(machine.detector.findings.values())
        return compose(
            announcing_of(node.name, found, ownership.verdicts, ownership.newest),
            Troubles(conflicts, findings, node.yielded.told(), deaf),
            for_all=speaks_for_all(machine.view, node.name),
        )
