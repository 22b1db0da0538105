"""Feeds the speaker's machine and performs what it wants: on the wire, and for people.

`Driver.feed` takes the event, the machine decides, and `OnTheWire.perform` or `ForPeople.perform` does it, in
the order in which the machine says it. The whole way from a heartbeat to a frame is in docs/layer2.md.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from baremetal_lb.decide.layer2.acd.events import Ask, Defend, Probe
from baremetal_lb.decide.layer2.gratuitous import SendGratuitous
from baremetal_lb.decide.speaker.commands import (
    Answer,
    AskApi,
    Began,
    Command,
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
    Event,
    NotSent,
    Rebound,
    Stopping,
)
from baremetal_lb.decide.timers import Tick, WakeAt
from baremetal_lb.model.conflicts import ConflictKind
from baremetal_lb.run.feeding import Feeding

if TYPE_CHECKING:
    from baremetal_lb.decide.speaker.machine import SpeakerMachine
    from baremetal_lb.link.conflict_listener import ConflictListener
    from baremetal_lb.link.ports import Ports
    from baremetal_lb.run.metrics.failovers import Failovers
    from baremetal_lb.run.speaker.announcement_state import AnnouncementState
    from baremetal_lb.run.speaker.event_reporter import EventReporter
    from baremetal_lb.run.speaker.interface_choice import InterfaceChoice
    from baremetal_lb.run.speaker.membership import SpeakerMembership

Feed: TypeAlias = Callable[[Event], None]


class Driver(Feeding[Event, Command]):
    """One speaker's machine and its timer. Every method is for the event loop's thread.

    `lapsed`: whether this process was paused, and others may announce by now what it takes for its own.
    """

    def __init__(self, machine: SpeakerMachine, lapsed: Callable[[], bool]) -> None:
        super().__init__()
        self.machine = machine
        self.began = asyncio.Event()  # the first decision was made and performed
        self.asks_api = asyncio.Event()  # cleared by who asks
        self._lapsed = lapsed
        self._timer: asyncio.TimerHandle | None = None

    def stop(self) -> None:
        """Decide no more."""
        self.feed(Stopping())

    def _handle(self, event: Event) -> None:
        loop = asyncio.get_running_loop()
        commands = self.machine.handle(event, loop.time(), lapsed=self._lapsed())
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for command in commands:
            match command:
                case WakeAt(at):
                    self._timer = loop.call_at(at, self.feed, Tick())
                case AskApi():
                    self.asks_api.set()
                case Began():
                    self.began.set()
                case _:
                    self._perform(command)


@dataclass(frozen=True, slots=True)
class OnTheWire:
    """What one speaker has on its interfaces."""

    feed: Feed
    ports: Ports
    listener: ConflictListener
    interface_choice: InterfaceChoice
    membership: SpeakerMembership
    failovers: Failovers

    def perform(self, command: Command) -> None:
        """What concerns the wire; the rest is left alone."""
        match command:
            case Withdraw(addresses):
                self.ports.change((), addresses)
                self.listener.forget(addresses)
            case Answer(addresses):
                self.listener.forget(addresses)
                self.ports.change(addresses, ())
            case SendGratuitous():
                self._send(command)
            case Rebind():
                self.feed(Rebound(tuple(self.ports.rebind())))
            case TellPeers(uplinks):
                self.membership.link(uplinks)
            case LookAtRoutes():
                self.interface_choice.look_again()
            case _:
                self._perform_on_listener(command)

    def _perform_on_listener(self, command: Command) -> None:
        match command:
            case Listen(ranges):
                self.listener.heed(ranges)
            case Probe(address):
                self.listener.probe(address)
            case Ask(address):
                self.listener.ask(address)
            case Defend(address) if not self.ports.answering.lapsed():
                self.listener.defend(address)

    def _send(self, command: SendGratuitous) -> None:
        """Who was paused may have been relieved between the decision and now."""
        if self.ports.answering.lapsed():
            self.feed(NotSent(command.address))
        elif self.ports.shout(command.address, command.interface):
            self.failovers.sent(command.address, _now())


@dataclass(frozen=True, slots=True)
class ForPeople:
    """Events, log lines, the report and counts of one speaker."""

    reporter: EventReporter
    announcement_state: AnnouncementState
    failovers: Failovers
    counts: Counter[type[Command] | ConflictKind] = field(default_factory=Counter)

    def perform(self, command: Command) -> None:
        """What people want to know; the rest is left alone."""
        match command:
            case Decided(decision):
                self.failovers.decide(decision, _now())
            case Probe() | Ask() | Defend():
                self.counts[type(command)] += 1
            case ReportChanged():
                self.announcement_state.note_change()
            case TellVerdict(before, verdict, service):
                self.reporter.tell(before, verdict, service)
            case TellLabel(waived):
                self.reporter.tell_label(waived=waived)
            case TellUnheard(reasons):
                self.reporter.tell_unheard(reasons)
            case _:
                self._tell_of_conflicts(command)

    def _tell_of_conflicts(self, command: Command) -> None:
        match command:
            case TellConflict(address, conflict, finding):
                if conflict is not None:
                    self.counts[conflict.kind] += 1
                self.reporter.tell_conflict(address, conflict, finding)
            case TellPartition(nodes, kept, lost):
                self.counts[ConflictKind.DOUBLED] += len(kept) + len(lost)
                self.reporter.tell_partition(nodes, kept, lost)


def _now() -> float:
    return asyncio.get_running_loop().time()
