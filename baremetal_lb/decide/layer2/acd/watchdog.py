"""Is an address answered for that another node announces? Asked by one speaker that is not its owner.

Silence, or an answer from the wrong machine, is what nobody on the owner's side can see, and what people
find last. One node asks for each address: the best in its ranking among those alive, but for the owner.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.layer2.acd.agenda import Agenda, chance
from baremetal_lb.decide.layer2.acd.events import Ask
from baremetal_lb.decide.layer2.election import rank
from baremetal_lb.model.conflicts import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baremetal_lb.model.addresses import IPAddress

PATIENCE: Final = 1.0  # seconds for an answer
TRIES: Final = 3
GRACE: Final = 5.0  # seconds for a new owner, and for an address that is new
PACE: Final = 10  # questions in a STEP: 2,000 a second
# For an owner that is not heard, and may be dead: everybody asks, and soon.
CLOSE_GRACE: Final = 0.4  # seconds for it to ask the LAN itself, and to answer
CLOSE_PATIENCE: Final = 0.5
CLOSE_INTERVAL: Final = 2.0


class _State(Enum):
    RESTING = 0  # until the next round
    WAITING = 1  # for an answer


@dataclass(slots=True)
class _Watch:
    owner: str
    closely: bool = False
    state: _State = _State.RESTING
    tries: int = 0
    wrong: Finding | None = None  # what the answer in this round said
    right: bool = False
    duty: tuple[int, bool] = (-1, False)  # whether it is ours to ask, and as of which view


@dataclass(slots=True)
class Watchdog:
    """The addresses of other nodes. `interval`: seconds between questions for one address; 0: none."""

    me: str
    interval: float
    findings: dict[IPAddress, Finding] = field(default_factory=dict)
    _watches: dict[IPAddress, _Watch] = field(default_factory=dict)
    _agenda: Agenda = field(default_factory=lambda: Agenda(PACE))
    _live: frozenset[str] = frozenset()
    _view: int = 0

    def see_live(self, live: frozenset[str]) -> None:
        """These nodes have a speaker that is alive."""
        if live != self._live:
            self._live = live
            self._view += 1

    def watch(self, address: IPAddress, owner: str, now: float, *, closely: bool = False) -> bool:
        """Another node announces it; `closely`: if it lives. Whether a finding went by that."""
        its = self._watches.get(address)
        if its is not None and (its.owner, its.closely) == (owner, closely):
            return False
        if not (self.interval or closely):
            return self.leave(address)
        self._watches[address] = _Watch(owner, closely)
        wait = CLOSE_GRACE if closely else GRACE
        self._agenda.put(address, now + wait + self._interval(address) * chance(address, self.me))
        return self.findings.pop(address, None) is not None

    def leave(self, address: IPAddress) -> bool:
        """No other node announces it. Whether a finding went by that."""
        self._watches.pop(address, None)
        self._agenda.drop(address)
        return self.findings.pop(address, None) is not None

    def __contains__(self, address: IPAddress) -> bool:
        return address in self._watches

    def owner(self, address: IPAddress) -> str:
        """The node that is to answer for an address that is watched."""
        return self._watches[address].owner

    def hear(self, address: IPAddress, wrong: Finding | None) -> None:
        """An answer came: from the owner (None), or from whom `wrong` says."""
        its = self._watches[address]
        if its.state is _State.WAITING:
            its.right |= wrong is None
            its.wrong = its.wrong or wrong

    def look_again(self, address: IPAddress, now: float) -> None:
        """The owner speaks: what was wrong may be over."""
        if address in self.findings and self._watches[address].state is _State.RESTING:
            self._agenda.put(address, now)

    def forgive(self, address: IPAddress) -> None:
        """What was found is nothing to tell of."""
        self.findings.pop(address, None)

    def proceed(self, now: float, changed: list[IPAddress]) -> Iterator[Ask]:
        """The questions that are due; `changed` gets the addresses with another finding, or with none now."""
        for address in self._agenda.due(now):
            its = self._watches[address]
            if not self._is_ours(address, its):
                its.state, its.tries = _State.RESTING, 0
                self._rest(address, now)
                if self.findings.pop(address, None):
                    changed.append(address)
            elif its.state is _State.RESTING or not self._judge(address, its, now, changed):
                its.state, its.tries, its.right, its.wrong = _State.WAITING, its.tries + 1, False, None
                self._agenda.put(address, now + (CLOSE_PATIENCE if its.closely else PATIENCE))
                yield Ask(address)

    def wake_at(self, now: float) -> float:
        """When to proceed again."""
        return self._agenda.wake_at(now)

    def _judge(self, address: IPAddress, its: _Watch, now: float, changed: list[IPAddress]) -> bool:
        """Whether this round is over: all is well, or it was not TRIES times."""
        well = its.right and its.wrong is None
        if not well and its.tries < TRIES:
            return False
        finding = None if well else its.wrong or Finding(address, FindingKind.SILENT, its.owner)
        if finding != self.findings.get(address):
            changed.append(address)
        if finding is None:
            self.findings.pop(address, None)
        else:
            self.findings[address] = finding
        its.state, its.tries = _State.RESTING, 0
        self._rest(address, now)
        return True

    def _rest(self, address: IPAddress, now: float) -> None:
        # Nine to eleven tenths of the interval: what was asked for together drifts apart.
        self._agenda.put(address, now + self._interval(address) * (0.9 + 0.2 * chance(address, f"{now}")))

    def _interval(self, address: IPAddress) -> float:
        return CLOSE_INTERVAL if self._watches[address].closely else self.interval

    def _is_ours(self, address: IPAddress, its: _Watch) -> bool:
        if its.closely:
            return True
        view, ours = its.duty
        if view != self._view:
            others = self._live - {its.owner}
            ours = self.me in others and rank(others, address)[0] == self.me
            its.duty = self._view, ours
        return ours
