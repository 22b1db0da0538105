"""While we announce an address: what to do about others that say it is theirs (RFC 5227 2.4, case c).

It is not given up: one announcement sets the neighbours right, at most one in DEFEND_INTERVAL however many
claims come, and it is told to people. To know when it is over, the address is asked for now and then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.layer2.acd.agenda import Agenda
from baremetal_lb.decide.layer2.acd.events import Ask, Command, Defend
from baremetal_lb.model.conflicts import Conflict, ConflictKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baremetal_lb.model.addresses import IPAddress

DEFEND_INTERVAL: Final = 10.0  # seconds, RFC 5227 1.1
ASK_EVERY: Final = 20.0
ASK_OURS_EVERY: Final = 5.0  # where the other is our own node: it leaves an address as soon as it may
ASKED: Final = 2  # times without an answer, and a conflict is over
DEFENCES: Final = 100  # in a second, of all addresses
APART: Final = 5.0  # seconds between two moments of two nodes that have nothing to do with each other


@dataclass(slots=True)
class _Case:
    """One address that somebody else claims: since when, and whether that is believed."""

    conflict: Conflict
    since: float
    heard: float
    believed: bool = False
    defended: float = float("-inf")
    asked: int = 0

    @property
    def ask_every(self) -> float:
        """Seconds of silence after which it is asked for, and between two questions."""
        return ASK_OURS_EVERY if self.conflict.kind is ConflictKind.DOUBLED else ASK_EVERY


@dataclass(slots=True)
class Defence:
    """The addresses with a claim on them."""

    _cases: dict[IPAddress, _Case] = field(default_factory=dict)
    _agenda: Agenda = field(default_factory=Agenda)
    _second: float = float("-inf")
    _defences: int = 0  # in this second

    def accuse(self, conflict: Conflict, now: float, doubt: float) -> tuple[bool, list[Command]]:
        """A claim was heard; it is believed when others went on with it for `doubt` seconds.

        Whether it is believed now and was not before, and what to send.
        """
        case = self._cases.get(conflict.address)
        if case is None or _is_another(case, conflict, now):
            case = self._cases[conflict.address] = _Case(conflict, now, now)
            self._agenda.put(conflict.address, now + case.ask_every)
        case.heard, case.asked = now, 0
        graver = conflict.kind is ConflictKind.CLAIMED and case.conflict.kind is not conflict.kind
        news = now >= case.since + doubt and (not case.believed or graver)
        if news:
            case.believed, case.conflict = True, conflict
        return news, [*self._defend(case, now)]

    def drop(self, address: IPAddress) -> None:
        """It is not ours any more."""
        self._cases.pop(address, None)
        self._agenda.drop(address)

    def proceed(self, now: float, over: list[IPAddress]) -> Iterator[Command]:
        """The questions that are due; `over` gets the addresses that nobody claims any more."""
        for address in self._agenda.due(now):
            case = self._cases[address]
            if now < case.heard + case.ask_every:
                self._agenda.put(address, case.heard + case.ask_every)
            elif case.asked == ASKED:
                del self._cases[address]
                over.append(address)
            else:
                case.asked += 1
                self._agenda.put(address, now + case.ask_every)
                yield Ask(address)

    def wake_at(self, now: float) -> float:
        """When to proceed again."""
        return self._agenda.wake_at(now)

    def _defend(self, case: _Case, now: float) -> Iterator[Command]:
        if not case.believed or now < case.defended + DEFEND_INTERVAL:
            return
        if now >= self._second + 1:
            self._second, self._defences = now, 0
        if self._defences < DEFENCES:
            self._defences += 1
            case.defended = now
            yield Defend(case.conflict.address)


def _is_another(case: _Case, conflict: Conflict, now: float) -> bool:
    """Whether a claim begins anew: while an address moves two nodes announce it, and it may move again."""
    moves = conflict.kind is ConflictKind.DOUBLED and not case.believed
    return moves and now > case.heard + APART
