"""A conversation with one membership on a virtual clock, its one or two peers played by the test."""

from dataclasses import dataclass, field

from baremetal_lb.decide.membership.machine import (
    Command,
    Incarnation,
    Left,
    MayAnswerUntil,
    Membership,
    NodesSeen,
    Received,
    Send,
    ViewChanged,
)
from baremetal_lb.decide.timers import Tick, WakeAt
from baremetal_lb.model.membership import Beat, Echo, MemberState, Record, Uplink, View, ident

ME = "me"


@dataclass
class Peer:
    """A peer that says what the test wants."""

    name: str
    incarnation: int
    state: MemberState = MemberState.ACTIVE
    version: int = 1
    missing: frozenset[int] = frozenset()
    uplinks: tuple[Uplink, ...] = ()
    stamp: int = 0
    heard: Beat | None = None  # the last beat sent to it


@dataclass
class Playbook:
    """The membership of ME, its commands so far, and the time."""

    machine: Membership
    peers: dict[str, Peer] = field(default_factory=dict)
    now: float = 100.0
    wake: float = 100.0
    view: View = field(default_factory=View)
    lease: float = float("inf")
    left: bool = False
    sent: list[tuple[float, str, Beat]] = field(default_factory=list)

    @classmethod
    def of(cls, *names: str) -> "Playbook":
        book = cls(Membership(ME, Incarnation(7, 1000)))
        book.peers = {name: Peer(name, 100 + number) for number, name in enumerate(names)}
        book.feed(NodesSeen(frozenset({ME, *names})))
        return book

    @classmethod
    def settled(cls, *names: str) -> "Playbook":
        """All have heard each other, and have been there for long."""
        book = cls.of(*names)
        for name in names:
            book.says(name)
        book.until(12.0, talking=names)
        return book

    @property
    def states(self) -> dict[str, MemberState]:
        return dict(self.view.states)

    @property
    def mine(self) -> MemberState:
        return self.states[ME]

    def feed(self, event: object) -> list[Command]:
        commands = self.machine.handle(event, self.now)
        for command in commands:
            match command:
                case Send(to, beat):
                    self.sent.append((self.now, to, beat))
                    self.peers[to].heard = beat
                case ViewChanged(view):
                    self.view = view
                case MayAnswerUntil(until):
                    self.lease = until
                case Left():
                    self.left = True
                case WakeAt(at):
                    self.wake = at
        return commands

    def beat_of(self, name: str, **changes: object) -> Beat:
        peer = self.peers[name]
        peer.stamp += 1
        heard = peer.heard
        echo = Echo(heard.incarnation, heard.stamp, 0) if heard else None
        own = Record(ident(name), peer.version, peer.state, peer.missing, peer.uplinks)
        fields = {"stamp": peer.stamp, "echo": echo, "digest": 0, "records": (own,), **changes}
        return Beat(name, peer.incarnation, **fields)  # type: ignore[arg-type]

    def says(self, name: str, **changes: object) -> list[Command]:
        """A beat comes from a peer, with proof that it has heard us unless `changes` say otherwise."""
        return self.feed(Received(self.beat_of(name, **changes)))

    def becomes(self, name: str, state: MemberState, missing: frozenset[int] = frozenset()) -> None:
        """A peer says something new of itself."""
        peer = self.peers[name]
        peer.version, peer.state, peer.missing = peer.version + 1, state, missing
        self.says(name)

    def until(self, seconds: float, talking: tuple[str, ...] = ()) -> None:
        """Time passes, ticks come when asked for; those who talk beat every 0.1 s."""
        end, next_beat = self.now + seconds, self.now + 0.1
        while True:
            at = min(self.wake, next_beat if talking else float("inf"))
            if at > end:
                break
            self.now = max(self.now, at)
            if talking and self.now >= next_beat:
                next_beat += 0.1
                for name in talking:
                    self.says(name)
            self.feed(Tick())
        self.now = end
