"""Aggregates what speakers report into what each Service says of its announcement.

Of what speakers say of one address the newest counts: whoever takes it over says so after the one who had it.
Only one that hears no other may be wrong in that nobody announces it: who says that he does is believed more.
A speaker that has not been heard for STALE seconds says nothing any more, and one of a node that the cluster
does not have says nothing: whoever can write one report could speak for every Service. Times are the caller's
own clock's.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from itertools import count
from typing import TYPE_CHECKING, Final, TypeAlias

from baremetal_lb.decide.reports.compose import by_reason
from baremetal_lb.decide.reports.condition import AnnouncedAddress, Facts, in_use, judge, occupant
from baremetal_lb.decide.reports.unsaid import Unsaid
from baremetal_lb.model.announcements import NodeOut
from baremetal_lb.model.api_names import (
    EventReason,
)
from baremetal_lb.model.conflicts import Conflict, ConflictKind, Finding
from baremetal_lb.model.places import note_in
from baremetal_lb.model.pools import PoolConfig
from baremetal_lb.model.reasons import (
    Note,
)
from baremetal_lb.model.reports import Silence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from baremetal_lb.decide.reports.condition import ConditionWanted
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.conflicts import Occupant
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.reports import Out, Report
    from baremetal_lb.model.services import Condition

_WHAT_THEN: Final = (
    "the nodes' readiness and what the LAN shows decide who announces, and a failover takes some seconds; "
    "look for a firewall between the nodes, or speakers of different releases"
)
STALE: Final = 25.0  # seconds; speakers write every 10 s
Statement: TypeAlias = "AnnouncedAddress | Silence | Conflict | Finding"


class Topic(Enum):
    """On each of them a speaker says one thing of an address."""

    WORD = auto()  # who announces it, or why nobody does
    CONFLICT = auto()
    FINDING = auto()


Slot: TypeAlias = "tuple[IPAddress, Topic]"


@dataclass(frozen=True, slots=True)
class Changes:
    """What follows: the Services that should say something else now, Events, and when to come again."""

    changed: tuple[ObjectKey, ...] = ()
    notes: tuple[tuple[ObjectKey, Note], ...] = ()
    wake_at: float | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """Which Service it is, and its version if that has the addresses; None while they are not written."""

    uid: str = ""
    version: int | None = 0


LONG_SINCE: Final = Written()


@dataclass(slots=True)
class _Speaker:
    report: Report
    heard_at: float
    said: dict[Slot, Statement] = field(default_factory=dict)  # empty while it is not alive
    alive: bool = False


@dataclass(slots=True)
class Aggregator:
    """`conditions` is what Services should say; of one that is not in it nothing is known yet."""

    conditions: dict[ObjectKey, Condition] = field(default_factory=dict)
    in_use: dict[IPAddress, Occupant] = field(default_factory=dict)  # who had what Services hold, before us
    _services: dict[ObjectKey, tuple[IPAddress, ...]] = field(default_factory=dict)
    _holders: dict[IPAddress, set[ObjectKey]] = field(default_factory=dict)
    _speakers: dict[str, _Speaker] = field(default_factory=dict)
    _waiting: dict[str, tuple[Report, float]] = field(
        default_factory=dict
    )  # of nodes that are not known (yet)
    _said: dict[IPAddress, dict[tuple[str, Topic], tuple[int, Statement]]] = field(default_factory=dict)
    _nodes: dict[str, NodeOut | None] = field(default_factory=dict)
    _pools: PoolConfig = field(default_factory=PoolConfig)
    _dirty: dict[ObjectKey, None] = field(default_factory=dict)
    _doubts: dict[ObjectKey, tuple[str, float]] = field(default_factory=dict)  # for which reason, since when
    _doubts_by_end: list[tuple[float, ObjectKey]] = field(default_factory=list)  # a heap
    _unsaid: Unsaid = field(default_factory=Unsaid)
    _order: Iterator[int] = field(default_factory=count)
    _uids: dict[ObjectKey, str] = field(default_factory=dict)
    # The version that a speaker must have seen to speak of this Service when it names an address of its: else
    # it speaks of one that had the address before.
    _since: dict[ObjectKey, int] = field(default_factory=dict)
    _macs: Mapping[bytes, str] = field(default_factory=dict)

    def see_service(
        self,
        key: ObjectKey,
        addresses: tuple[IPAddress, ...],
        said: Condition | None,
        written: Written = LONG_SINCE,
    ) -> None:
        """A Service has these addresses, and its status says this of them; without any it is forgotten."""
        if self._uids.get(key, written.uid) != written.uid:  # deleted, and made anew
            self.see_service(key, (), None, replace(written, uid=self._uids[key]))
        before = self._services.pop(key, ())
        self._uids.pop(key, None)
        if addresses:
            self._services[key], self._uids[key] = addresses, written.uid
        told_before_us = not before and said is not None and said.status
        self._date(key, 0 if told_before_us else written.version, anew=before != addresses)
        if before == addresses:
            return
        if before or not addresses:
            self.conditions.pop(key, None)
        elif said is not None:
            self.conditions[key] = said
        self._doubts.pop(key, None)
        self._unsaid.drop(key)
        self._dirty[key] = None
        self._hold(key, before, addresses)

    def _date(self, key: ObjectKey, version: int | None, *, anew: bool) -> None:
        """Note in which version the Service was first seen with its addresses, once they are written."""
        if anew:
            self._since.pop(key, None)
        if key in self._services and key not in self._since and version is not None:
            self._since[key] = version
            self._dirty[key] = None

    def see_node(self, name: str, standing: NodeOut | None) -> None:
        """A node may announce by the cluster's word, or why it may not."""
        is_new = name not in self._nodes
        if is_new or self._nodes[name] != standing:
            self._nodes[name] = standing
            self._look_again()
        if is_new and name in self._waiting:
            self.see_report(*self._waiting.pop(name))

    def lose_node(self, name: str) -> None:
        """A node is gone, and its speaker has no say any more."""
        self._nodes.pop(name, None)
        speaker = self._speakers.get(name)
        self.lose_report(name)
        if speaker is not None:
            self._waiting[name] = speaker.report, speaker.heard_at
        self._look_again()

    def see_pools(self, pools: PoolConfig) -> None:
        """These pools are in force."""
        if pools != self._pools:
            self._pools = pools
            self._look_again()

    def see_macs(self, macs: Mapping[bytes, str]) -> None:
        """Whose MACs are our nodes': what these do before an address is first used is no stranger's doing."""
        fresh = macs.keys() - self._macs.keys()
        self._macs = macs
        for address, said in self._said.items():
            if any(isinstance(each, Conflict) and each.mac in fresh for _, each in said.values()):
                self._weigh(address)
                self._dirty.update(dict.fromkeys(self._holders.get(address, ())))

    def see_report(self, report: Report, heard_at: float) -> None:
        """A speaker was heard, with something new or without."""
        if report.node not in self._nodes:
            self._waiting[report.node] = report, heard_at
            return
        speaker = self._speakers.setdefault(report.node, _Speaker(report, heard_at))
        if speaker.alive and speaker.report is report:
            speaker.heard_at = heard_at
            return
        if report.seen != speaker.report.seen:
            self._look_again_at(report)
        speaker.report, speaker.heard_at = report, heard_at
        if not speaker.alive:
            speaker.alive = True
            self._look_again()
        self._say(speaker, dict(_statements(report)))

    def lose_report(self, node: str) -> None:
        """A speaker's object is gone."""
        self._waiting.pop(node, None)
        speaker = self._speakers.pop(node, None)
        if speaker is not None:
            self._silence(speaker)

    def left(self) -> dict[IPAddress, tuple[Occupant, int]]:
        """The addresses that were left to somebody else: who has each, and since when, by live speakers."""
        return {
            each.conflict.address: (occupant(each.conflict, speaker.report.node), each.at)
            for speaker in self._speakers.values()
            if speaker.alive
            for each in speaker.report.left
        }

    def settle(self, now: float) -> Changes:
        """What follows from all that was seen since the last time, and from the time that has passed."""
        for speaker in self._speakers.values():
            if speaker.alive and speaker.heard_at + STALE <= now:
                self._silence(speaker)
        no_live_speaker = self._no_live_speaker()
        news = [
            (key, judgement) for key in self._due(now) if (judgement := self._news(key, no_live_speaker, now))
        ]
        notes: list[tuple[ObjectKey, Note]] = []
        for key, judgement in news:
            fresh = _notes(self.conditions.get(key), judgement.condition)
            notes += ((key, note) for note in self._unsaid.see(key, judgement, tuple(fresh), now))
            self.conditions[key] = judgement.condition
        notes += ((key, _note(self.conditions[key])) for key in self._unsaid.due(now))
        ends = [each.heard_at + STALE for each in self._speakers.values() if each.alive]
        ends += (until for until, _ in self._doubts_by_end[:1])
        ends += self._unsaid.wake_at()
        return Changes(tuple(key for key, _ in news), tuple(notes), min(ends, default=None))

    def _due(self, now: float) -> list[ObjectKey]:
        """The Services to be judged: something has changed for them, or they were in doubt long enough."""
        while self._doubts_by_end and self._doubts_by_end[0][0] <= now:
            self._dirty[heapq.heappop(self._doubts_by_end)[1]] = None
        due = [key for key in self._dirty if key in self._services]
        self._dirty.clear()
        return due

    def _news(
        self, key: ObjectKey, no_live_speaker: tuple[Out, ...] | None, now: float
    ) -> ConditionWanted | None:
        """What a Service should say from now on, where that is another thing; a "no" must last first."""
        judgement = judge([self._facts(each, key) for each in self._services[key]], no_live_speaker)
        if judgement.condition == self.conditions.get(key):
            self._doubts.pop(key, None)
            return None
        if judgement.condition.status:
            self._doubts.pop(key, None)
            return judgement
        reason = judgement.condition.reason
        doubt = self._doubts.get(key)
        if doubt is None or doubt[0] != reason:
            doubt = self._doubts[key] = reason, now
        until = doubt[1] + judgement.hold
        if until > now:
            heapq.heappush(self._doubts_by_end, (until, key))
            return None
        del self._doubts[key]
        return judgement

    def _facts(self, address: IPAddress, key: ObjectKey | None = None) -> Facts:
        """All that is said of an address; where `key` has it, without what is said of others that had it."""
        newest, word = (False, -1), None
        conflicts: dict[str, Conflict] = {}
        findings: dict[str, Finding] = {}
        for (node, _), (order, statement) in self._said.get(address, {}).items():
            match statement:
                case Conflict() if not self._is_our_own(statement):
                    conflicts[node] = statement
                case Conflict():
                    pass
                case Finding():
                    findings[node] = statement
                case AnnouncedAddress() if key is not None and not self._speaks_of(node, key):
                    pass
                case _ if (_knows_others(node, statement), order) > newest:
                    newest, word = (_knows_others(node, statement), order), statement
        return Facts(address, self._pools.containing(address), word, conflicts, findings)

    def _speaks_of(self, node: str, key: ObjectKey) -> bool:
        """Whether that node's speaker had seen the Service with the addresses that it has now."""
        seen, since = self._speakers[node].report.seen, self._since.get(key)
        return since is not None and (seen is None or seen >= since)

    def _is_our_own(self, conflict: Conflict) -> bool:
        """Whether a node took another node of ours, whose MAC it did not know, for a stranger."""
        return conflict.kind in (ConflictKind.IN_USE, ConflictKind.PROBED) and conflict.mac in self._macs

    def _no_live_speaker(self) -> tuple[Out, ...] | None:
        """Why each node is silent, where no speaker is alive anywhere; else None."""
        if any(each.alive for each in self._speakers.values()):
            return None
        return by_reason({name: out or NodeOut.NO_SPEAKER for name, out in self._nodes.items()})

    def _silence(self, speaker: _Speaker) -> None:
        speaker.alive = False
        self._say(speaker, {})
        self._look_again()

    def _say(self, speaker: _Speaker, statements: dict[Slot, Statement]) -> None:
        """Enter what a speaker says now in place of what it said before; what is the same keeps its age."""
        before, speaker.said = speaker.said, statements
        changed = {slot for slot, each in statements.items() if before.get(slot) != each}
        for address, topic in changed | (before.keys() - statements.keys()):
            said = self._said.setdefault(address, {})
            said.pop((speaker.report.node, topic), None)
            if (address, topic) in statements:
                said[speaker.report.node, topic] = next(self._order), statements[address, topic]
            elif not said:
                del self._said[address]
            self._weigh(address)
            self._dirty.update(dict.fromkeys(self._holders.get(address, ())))

    def _hold(self, key: ObjectKey, before: Iterable[IPAddress], after: Iterable[IPAddress]) -> None:
        for address in before:
            holders = self._holders[address]
            holders.discard(key)
            if not holders:
                del self._holders[address]
            self._weigh(address)
        for address in after:
            self._holders.setdefault(address, set()).add(key)
            self._weigh(address)

    def _weigh(self, address: IPAddress) -> None:
        """Keep `in_use` right for an address."""
        in_conflict = any(topic is Topic.CONFLICT for _, topic in self._said.get(address, ()))
        who = in_use(self._facts(address)) if in_conflict and address in self._holders else None
        if who is None:
            self.in_use.pop(address, None)
        else:
            self.in_use[address] = who

    def _look_again(self) -> None:
        """At the Services that do not say that they are announced."""
        self._dirty.update((key, None) for key in self._services if not self._is_told(key))

    def _look_again_at(self, report: Report) -> None:
        """At those of them that the speaker may speak of now, in the words in which it spoke of others."""
        holders = (self._holders.get(each, ()) for place in report.announced for each in place.addresses)
        self._dirty.update((key, None) for keys in holders for key in keys if not self._is_told(key))

    def _is_told(self, key: ObjectKey) -> bool:
        """Whether the Service says that it is announced."""
        return key in self.conditions and self.conditions[key].status


def _statements(report: Report) -> Iterator[tuple[Slot, Statement]]:
    """What a report says of each address; of several things on one topic the last one."""
    for silence in report.silences:
        word = replace(silence, addresses=())
        yield from (((address, Topic.WORD), word) for address in silence.addresses)
    for place in report.announced:
        claim = AnnouncedAddress(place.node, place.ports, str(report.deaf))
        yield from (((address, Topic.WORD), claim) for address in place.addresses)
    yield from (((each.address, Topic.CONFLICT), each) for each in report.conflicts)
    yield from (((each.address, Topic.FINDING), each) for each in report.findings)


def _knows_others(node: str, statement: AnnouncedAddress | Silence) -> bool:
    """Whether the node's speaker speaks of itself, or hears the others that it speaks of."""
    return not isinstance(statement, Silence) or all(
        each.why != NodeOut.CUT_OFF or (node not in each.nodes and not each.more) for each in statement.out
    )


def _notes(before: Condition | None, after: Condition) -> Iterator[Note]:
    """An Event for each new reason why not; new wording is none. That it is announced its speaker tells."""
    if not after.status and (before is None or before.reason != after.reason):
        yield _note(after)
    deaf = note_in(after.message) if after.status else ""
    if deaf and not (before is not None and note_in(before.message)):
        yield Note(EventReason.HEARTBEATS_MISSING, f"{deaf}: {_WHAT_THEN}")


def _note(condition: Condition) -> Note:
    """The Event that nobody announces."""
    return Note(EventReason.NOT_ANNOUNCED, f"{condition.reason}: {condition.message}")
