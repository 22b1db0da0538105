"""The membership of one speaker: what it hears and the time, in; what it says, and who is alive, out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from baremetal_lb.decide.membership.gossip_payload import enclosed
from baremetal_lb.decide.membership.member_table import MemberTable
from baremetal_lb.decide.membership.neighbour import HEARD, MICRO, HeartbeatState, Neighbour, Timing
from baremetal_lb.decide.membership.own_state import OwnState
from baremetal_lb.decide.membership.reachability import MESH, hear_each_other, neighbours, reachable
from baremetal_lb.decide.membership.uplinks import KnownMacs, Uplinks
from baremetal_lb.decide.timers import Tick, WakeAt
from baremetal_lb.model.membership import ABLE, Beat, Ignored, MemberState, Record, View, ident

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from baremetal_lb.decide.membership.reachability import Neighbours
    from baremetal_lb.model.membership import Echo, Ident, Uplink

_NEVER: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Received:
    """A heartbeat came that was signed with the key."""

    beat: Beat


@dataclass(frozen=True, slots=True)
class NodesSeen:
    """All nodes of the cluster, this one among them; and those that it calls not ready."""

    names: frozenset[str]
    unready: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Linked:
    """Our interfaces changed: these are up and have a carrier, the most important first."""

    uplinks: tuple[Uplink, ...]


@dataclass(frozen=True, slots=True)
class Leave:
    """We are told to stop: hand over."""


@dataclass(frozen=True, slots=True)
class NoWayOut:
    """The network of this node takes no datagram to anybody."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send a heartbeat to a node."""

    to: str
    beat: Beat


@dataclass(frozen=True, slots=True)
class ViewChanged:
    """Those who are alive, what they say of themselves, or their interfaces changed."""

    view: View


@dataclass(frozen=True, slots=True)
class MayAnswerUntil:
    """Answers may be given until then; after that our peers may have taken over without our knowing."""

    until: float


@dataclass(frozen=True, slots=True)
class Left:
    """Handed over: stop."""


@dataclass(frozen=True, slots=True)
class Incarnation:
    """What sets one run apart: a random incarnation, and a version above those of runs before."""

    incarnation: int
    version: int


Event: TypeAlias = Received | NodesSeen | Linked | Leave | NoWayOut | Tick
Command: TypeAlias = Send | ViewChanged | MayAnswerUntil | Left | WakeAt


class Membership:
    """One speaker. Every datagram that waits must be handled before the Tick after it."""

    def __init__(self, me: str, birth: Incarnation, timing: Timing | None = None, mesh: int = MESH) -> None:
        self.timing = timing or Timing()
        self.links: dict[Ident, Neighbour] = {}
        self.ignored = dict.fromkeys(Ignored, 0)
        self._me, self._ident, self._incarnation, self._mesh = me, ident(me), birth.incarnation, mesh
        self._own_state = OwnState(self.timing)
        self._uplinks = Uplinks(self.timing.return_delay)
        self._roll = KnownMacs()
        self._names: dict[Ident, str] = {}
        self._graph: Neighbours = {}
        self._table = MemberTable()
        self._table.put(Record(self._ident, birth.version, MemberState.SETTLING))
        self._alive = {self._ident}
        self._view = View()
        self._lease = _NEVER
        self._paused_until: float | None = None  # the time at which we noticed
        self._proven: set[Ident] = set()  # heard since: what they sent, they sent after they had heard us
        self._redraw = True  # who can be reached has to be found anew
        self._spoke: float | None = None  # when the last beats went to everybody
        self._stamp = 0
        self._flush_at = _NEVER
        self._watch_at = _NEVER
        self._judge_at = _NEVER  # when time alone changes what we say of ourselves
        self._left = False

    def neighbours(self) -> list[tuple[str, Neighbour]]:
        """Whom we listen to, by node. For counting: any thread may ask."""
        links, names = self.links, self._names
        return [(names[each], link) for each, link in list(links.items()) if each in names]

    def handle(self, event: Event, now: float) -> list[Command]:
        """What to do at `now`; ends with the next wake-up."""
        commands: list[Command] = [*self._notice_pause(now)]
        match event:
            case Received(beat):
                commands += self._receive(beat, now)
            case NodesSeen(names, unready):
                self._meet(names, unready, now)
            case Linked(uplinks):
                self._link(uplinks, now)
            case Leave():
                self._own_state.leave(now)
                self._redraw = True
            case NoWayOut():
                self._own_state.blocked = self._redraw = True
            case Tick():
                pass
        commands += self._watch(now)
        commands += self._judge(now)
        commands += self._speak(now)
        return [*commands, WakeAt(self._wake_at())]

    def _notice_pause(self, now: float) -> Iterator[Command]:
        """Whoever has said nothing for too long was paused: it may be dead to others, and they not to it."""
        if self._spoke is None or not self.links or now < self._spoke + self.timing.away_after:
            return
        missed = now >= self._spoke + self.timing.miss_after
        heard = [each for each, link in self.links.items() if link.state in HEARD]
        for each in heard:
            self.links[each].heard = now
        self._paused_until = now
        self._proven.clear()
        # Long enough for others to take over, and for one that was dead before to be back and do so.
        awaited = self.links if missed else heard
        if missed and self._own_state.state is not MemberState.SETTLING:
            self._own_state.settle_anew(awaited, now)
        else:
            self._own_state.await_peers(awaited, now)
        self._record(now)
        yield from self._grant(float("-inf"))
        yield from self._beats(awaited, now, answer=True)

    def _receive(self, beat: Beat, now: float) -> Iterator[Command]:
        sender = ident(beat.sender)
        link = self.links.get(sender)
        if link is None:
            self.ignored[Ignored.OWN if sender == self._ident else Ignored.UNKNOWN_SENDER] += 1
            return
        why = link.why_not(beat, self._incarnation, now)
        if why is not None:
            self.ignored[why] += 1
            if why is Ignored.UNPROVEN:
                yield from self._answer(sender, link.greet(beat, now), now)
            return
        if link.hear(beat, self.timing, now):
            link.owed.update(self._table.records)
            self._flush_soon(now)
            self._redraw, self._watch_at = True, now
        self._own_state.blocked = False
        if self._paused_until is None or (beat.echo and beat.echo.stamp >= self._paused_until * MICRO):
            self._proven.add(sender)
        self._learn(sender, beat, now)
        self._compare(link, beat.digest, now)
        if beat.answer:
            yield from self._answer(sender, None, now)

    def _answer(self, to: Ident, echo: Echo | None, now: float) -> Iterator[Command]:
        """A beat at once, but no flood of them."""
        link = self.links[to]
        if now >= link.answered + self.timing.probe_every / 2:
            link.answered = now
            yield Send(self._names[to], self._beat(link, now, echo=echo))

    def _learn(self, source: Ident, beat: Beat, now: float) -> None:
        """Keep what is news, and tell it on to those who cannot have it from its speaker."""
        for record in beat.records:
            if record.ident == self._ident:
                self._outdo(record)
            elif record.ident in self._graph and self._table.put(record):
                self._redraw = True
                if self._tell(record, source):
                    self._flush_soon(now)

    def _outdo(self, record: Record) -> None:
        """What an earlier run of ours said is still about: say what holds now with a higher version."""
        mine = self._table.records[self._ident]
        if record.version > mine.version:
            self._table.put(replace(mine, version=record.version + 1))

    def _tell(self, record: Record, source: Ident) -> bool:
        told = False
        near = self._graph[record.ident]
        for each, link in self.links.items():
            direct = each in near and hear_each_other(record, self._table.records.get(each))
            if each not in (source, record.ident) and link.state in HEARD and not direct:
                link.owed.add(record.ident)
                told = True
        return told

    def _compare(self, link: Neighbour, digest: int, now: float) -> None:
        """A neighbour that has known something else for long is told everything."""
        if digest == self._table.digest:
            link.differs_since = None
        elif link.differs_since is None:
            link.differs_since = now
        elif now >= link.differs_since + 10 * self.timing.interval:
            link.differs_since = now
            link.owed.update(self._table.records)

    def _meet(self, names: frozenset[str], unready: frozenset[str], now: float) -> None:
        """Know the nodes; those now beside us that are alive get time to be heard before they are missed."""
        self._own_state.find(
            [ident(name) for name in unready]
            + [each for each in self._names if self._names[each] not in names]
        )
        self._redraw = True
        if self._spoke is not None and names | {self._me} == set(self._names.values()):
            return
        everybody = names | {self._me}
        self._names = {ident(name): name for name in everybody}
        self._graph = neighbours(everybody, self._mesh)
        self._table.keep_only(self._names.keys())
        wanted = self._graph[self._ident]
        known = self.links
        self.links = {
            each: known.get(each)
            or Neighbour(HeartbeatState.ALIVE if each in self._alive else HeartbeatState.UNHEARD, heard=now)
            for each in wanted
        }
        self._own_state.awaited &= wanted
        if self._spoke is None:
            self._own_state.await_peers(wanted, now)
        if self._spoke is None or not known:
            self._spoke = now - self.timing.interval
        self._watch_at = now

    def _link(self, uplinks: tuple[Uplink, ...], now: float) -> None:
        """Tell at once; where we had none we may have been cut off: hear first who has stood in for us."""
        if self._uplinks.see(uplinks, now, alone=not self._others_are_steady()):
            self._own_state.settle_anew(self.links, now)
        if self._record(now):
            self._flush_at = now  # whoever takes over must not wait

    def _watch(self, now: float) -> Iterator[Command]:
        """Let silences count, and ask those that are suspect."""
        if now < self._watch_at:
            return
        suspects = []
        for each, link in self.links.items():
            if link.watch(self.timing, now):
                self._own_state.awaited.discard(each)
                self._redraw = True
            elif link.state is HeartbeatState.SUSPECT and now >= link.asked + self.timing.probe_every:
                link.asked = now
                suspects.append(each)
        yield from self._beats(suspects, now, answer=True)
        self._watch_at = min((link.wake_at(self.timing) for link in self.links.values()), default=_NEVER)

    def _judge(self, now: float) -> Iterator[Command]:
        """Say of ourselves what is so now, and find who is alive by what all say."""
        waiting = self._paused_until is not None or self._own_state.state is MemberState.SETTLING
        if not (self._redraw or waiting or now >= self._judge_at):
            return
        self._record(now)
        if self._redraw:
            self._redraw = False
            self._find_alive(now)
            self._roll.call(self._table.records.values(), now)
        if self._spoke is not None:
            self._own_state.awaited -= self._proven & self._alive
            self._own_state.advance(self._others(), now)
            self._record(now)
        if self._paused_until is not None and self._own_state.done_waiting(now):
            self._paused_until = None
        records = self._table.records
        self._judge_at = min(self._own_state.wake_at(), self._uplinks.wake_at(now))
        alive = {self._names.get(each, self._me): records[each] for each in self._alive}
        view = View(
            {name: each.state for name, each in alive.items()},
            {name: each.uplinks for name, each in alive.items()},
            self._roll.macs,
        )
        if view != self._view:
            self._view = view
            yield ViewChanged(view)
        if self._own_state.left(self._others(), now) and not self._left:
            self._left = True
            yield from self._beats([each for each, link in self.links.items() if link.state in HEARD], now)
            yield Left()

    def _others(self) -> list[MemberState]:
        records = self._table.records
        return [records[each].state for each in self._alive if each != self._ident]

    def _others_are_steady(self) -> bool:
        """Whether somebody else can announce, on an interface that has been up for long."""
        records = (self._table.records[each] for each in self._alive if each != self._ident)
        return any(each.state in ABLE and any(one.steady for one in each.uplinks) for each in records)

    def _record(self, now: float) -> bool:
        """Our own record; a new version, and news for everybody, where it says something new. Whether so."""
        missing = frozenset(each for each, link in self.links.items() if link.state not in HEARD)
        mine = self._table.records[self._ident]
        new = Record(self._ident, mine.version + 1, self._own_state.state, missing, self._uplinks.told(now))
        if replace(new, version=mine.version) == mine:
            return False
        self._table.put(new)
        self._redraw = True
        for link in self.links.values():
            link.owed.add(self._ident)
        self._flush_soon(now)
        return True

    def _find_alive(self, now: float) -> None:
        alive = reachable(self._ident, self._graph, self._table.records)
        gone = self._alive - alive
        self._alive = alive
        records = self._table.records
        left = MemberState.LEAVING
        self._own_state.lose(
            [each for each in gone if each in records and records[each].state is not left], now
        )
        self._own_state.find(alive)

    def _speak(self, now: float) -> Iterator[Command]:
        """The beats that are due: to all of them, or to those who have not heard the news."""
        if self._spoke is None:
            return
        if self.links and now >= self._spoke + self.timing.interval:
            late = now - self._spoke >= 2 * self.timing.interval
            self._spoke = now if late else self._spoke + self.timing.interval
            yield from self._beats(self.links, now)
        elif now >= self._flush_at:
            yield from self._beats(
                [each for each, link in self.links.items() if link.owed and link.state in HEARD], now
            )
        if now >= self._flush_at:
            owing = any(link.owed and link.state in HEARD for link in self.links.values())
            self._flush_at = now + self.timing.batch if owing else _NEVER
        if self._paused_until is None:
            yield from self._grant(self._spoke + self.timing.away_after if self.links else _NEVER)

    def _grant(self, until: float) -> Iterator[Command]:
        if until != self._lease:
            self._lease = until
            yield MayAnswerUntil(until)

    def _flush_soon(self, now: float) -> None:
        self._flush_at = min(self._flush_at, now + self.timing.batch)

    def _beats(self, to: Collection[Ident], now: float, *, answer: bool = False) -> Iterator[Command]:
        for each in to:
            yield Send(self._names[each], self._beat(self.links[each], now, answer=answer))

    def _beat(self, link: Neighbour, now: float, *, echo: Echo | None = None, answer: bool = False) -> Beat:
        self._stamp = max(int(now * MICRO), self._stamp + 1)
        echo = echo or link.echo(now)
        mine = self._table.records[self._ident]
        records = tuple(enclosed(mine, link.owed, self._table.records))
        return Beat(self._me, self._incarnation, self._stamp, echo, self._table.digest, records, answer)

    def _wake_at(self) -> float:
        if self._left:
            return _NEVER
        beat = self._spoke + self.timing.interval if self._spoke is not None and self.links else _NEVER
        return min(beat, self._flush_at, self._watch_at, self._judge_at)
