"""N speakers on a virtual LAN and a virtual clock: loss, delay, partitions, pauses, drift, restarts.

Nothing here waits or looks at a clock. Everything random comes from one seed, so that a run can be had again;
`transcript` is what happened, for the message of a test that fails.
"""

import heapq
import itertools
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from baremetal_lb.decide.membership.machine import (
    Event,
    Incarnation,
    Leave,
    Left,
    MayAnswerUntil,
    Membership,
    NodesSeen,
    Received,
    Send,
    ViewChanged,
)
from baremetal_lb.decide.membership.neighbour import Timing
from baremetal_lb.decide.membership.reachability import MESH
from baremetal_lb.decide.timers import Tick, WakeAt
from baremetal_lb.model.membership import TAKING, Beat, Ignored, MemberState, NotHeard, View


@dataclass
class Speaker:
    """One node: its speaker's membership while it runs, and its own clock."""

    name: str
    drift: float = 1.0  # its seconds in one of ours
    offset: float = 0.0
    machine: Membership | None = None
    paused: bool = False
    view: View = field(default_factory=View)
    lease: float = float("inf")  # by its own clock
    wake: int = 0  # the number of the tick that counts
    waiting: list[Beat] = field(default_factory=list)  # what came while it was paused
    left: bool = False
    sent: int = 0
    deaths: list[tuple[float, str]] = field(default_factory=list)  # when it took whom for dead

    def clock(self, now: float) -> float:
        return self.offset + now * self.drift

    def time_of(self, at: float) -> float:
        return (at - self.offset) / self.drift

    def owns(self, rank: Callable[[Iterable[str]], list[str]]) -> bool:
        """Whether it would win an address that `rank` orders the nodes for."""
        states = self.view.states
        taking = [name for name, state in states.items() if state in TAKING]
        able = taking or [name for name, state in states.items() if state is MemberState.RETURNING]
        return bool(able) and rank(able)[0] == self.name


class VirtualLan:
    """The speakers, and the wires between them."""

    def __init__(self, count: int, seed: int = 0, *, loss: float = 0.0, mesh: int = MESH) -> None:
        self.seed, self.random, self.now = seed, random.Random(seed), 0.0
        self.count, self.loss, self.mesh = count, loss, mesh
        self.delay = 0.0002, 0.0008
        self.timing = Timing()
        self.speakers = {f"node-{number}": Speaker(f"node-{number}") for number in range(1, count + 1)}
        self.cut: set[tuple[str, str]] = set()  # from, to: nothing passes
        self.blocked: set[tuple[str, str]] = set()  # from, to: no heartbeat passes, as with a firewall
        self.foreign: set[tuple[str, str]] = set()  # from, to: heartbeats come that cannot be read
        self.transcript: list[str] = []
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        for speaker in self.speakers.values():
            speaker.drift = self.random.uniform(0.999, 1.001)
            speaker.offset = self.random.uniform(0, 1e6)

    def say(self, text: str) -> None:
        self.transcript.append(f"{self.now:10.4f} {text}")

    def story(self) -> str:
        return "\n".join([f"seed {self.seed}", *self.transcript])

    def at(self, when: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (when, next(self._order), what))

    def advance(self, seconds: float) -> None:
        """Let everything happen that falls into the next `seconds`."""
        end = self.now + seconds
        while self._queue and self._queue[0][0] <= end:
            self.now, _, what = heapq.heappop(self._queue)
            what()
        self.now = end

    def start(self, *names: str) -> None:
        for name in names or tuple(self.speakers):
            speaker = self.speakers[name]
            self.say(f"{name} starts")
            birth = Incarnation(self.random.getrandbits(64), int(self.now * 1e6) + 1)
            speaker.machine = Membership(name, birth, self.timing, self.mesh)
            speaker.view, speaker.left, speaker.paused, speaker.waiting = View(), False, False, []
            speaker.lease = float("inf")
            self.feed(speaker, NodesSeen(frozenset(self.speakers)))

    def kill(self, name: str) -> None:
        self.say(f"{name} is killed")
        speaker = self.speakers[name]
        speaker.machine, speaker.wake = None, 0

    def leave(self, name: str) -> None:
        self.say(f"{name} is told to stop")
        self.feed(self.speakers[name], Leave())

    def pause(self, name: str) -> None:
        self.say(f"{name} is paused")
        self.speakers[name].paused = True

    def resume(self, name: str) -> None:
        self.say(f"{name} goes on")
        speaker = self.speakers[name]
        speaker.paused = False
        waiting, speaker.waiting = speaker.waiting, []
        for beat in waiting:
            self.feed(speaker, Received(beat))
        self.feed(speaker, Tick())

    def part(self, *sides: Iterable[str]) -> None:
        """Let nothing pass between the sides; who is named in none is a side alone."""
        named = [set(side) for side in sides]
        named += [{name} for name in self.speakers if not any(name in side for side in named)]
        self.cut = {
            (a, b) for one in named for other in named if one is not other for a in one for b in other
        }
        self.say(f"parted: {' | '.join(' '.join(sorted(side)) for side in named)}")

    def heal(self) -> None:
        self.cut = set()
        self.say("healed")

    def feed(self, speaker: Speaker, event: Event) -> None:
        if speaker.machine is None or speaker.left:
            return
        for command in speaker.machine.handle(event, speaker.clock(self.now)):
            self._perform(speaker, command)

    def on_view(self, speaker: Speaker) -> None:
        """A speaker has another view of the others; for whoever builds on this."""

    def on_datagram(self, speaker: Speaker, sender: str, why: NotHeard) -> None:
        """Something came that counts for nothing; for whoever builds on this."""

    def _perform(self, speaker: Speaker, command: object) -> None:
        match command:
            case Send(to, beat):
                speaker.sent += 1
                self._carry(speaker.name, to, beat)
            case ViewChanged(view):
                gone = sorted(speaker.view.states.keys() - view.states.keys())
                speaker.deaths += [(self.now, name) for name in gone]
                speaker.view = view
                self.on_view(speaker)
                said = " ".join(f"{name}:{state.name}" for name, state in sorted(view.states.items()))
                self.say(f"{speaker.name} sees {said}")
            case MayAnswerUntil(until):
                speaker.lease = until
            case Left():
                self.say(f"{speaker.name} has stopped")
                speaker.left, speaker.machine = True, None
            case WakeAt(at) if at < float("inf"):
                speaker.wake = next(self._order)
                turn = speaker.wake
                self.at(max(self.now, speaker.time_of(at)), lambda: self._tick(speaker, turn))

    def _tick(self, speaker: Speaker, turn: int) -> None:
        if speaker.wake == turn and not speaker.paused:
            self.feed(speaker, Tick())

    def _carry(self, source: str, to: str, beat: Beat) -> None:
        way = source, to
        if way in self.foreign and way not in self.cut | self.blocked:
            self.on_datagram(self.speakers[to], source, NotHeard.UNREADABLE)
        elif to in self.speakers and way not in self.cut | self.blocked and self.random.random() >= self.loss:
            self.at(
                self.now + self.random.uniform(*self.delay), lambda: self._deliver(self.speakers[to], beat)
            )

    def _deliver(self, speaker: Speaker, beat: Beat) -> None:
        if speaker.paused:
            speaker.waiting.append(beat)
        elif speaker.machine is not None:
            unproven = speaker.machine.ignored[Ignored.UNPROVEN]
            self.feed(speaker, Received(beat))
            if speaker.machine is not None and speaker.machine.ignored[Ignored.UNPROVEN] > unproven:
                self.on_datagram(speaker, beat.sender, NotHeard.ONE_WAY)

    def answers(self, name: str, rank: Callable[[Iterable[str]], list[str]]) -> bool:
        """Whether a request for the address is answered by the node, now."""
        speaker = self.speakers[name]
        running = speaker.machine is not None and not speaker.paused
        return running and speaker.clock(self.now) <= speaker.lease and speaker.owns(rank)
