"""What this speaker says of itself, and when that changes.

    SETTLING -> FRESH -> ACTIVE             first of all, or with others that are new themselves
    SETTLING -> RETURNING -> ACTIVE         others are established: wait for the return delay
    any but LEAVING -> CUT_OFF -> SETTLING  lost two or more peers together, the last of them
    any -> LEAVING                          told to stop

Who loses its one and only peer cannot know which of the two is cut off, and goes on: with two nodes that is
what failover is. Who loses several within two seconds and has none left takes itself to be the one cut off,
until it hears one again or the cluster calls them not ready.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from baremetal_lb.model.membership import ABLE, TAKING, MemberState

if TYPE_CHECKING:
    from collections.abc import Collection

    from baremetal_lb.decide.membership.neighbour import Timing
    from baremetal_lb.model.membership import Ident

_NEVER = float("inf")


@dataclass(slots=True)
class OwnState:
    """The state, and what the next one hangs on."""

    timing: Timing
    state: MemberState = MemberState.SETTLING
    awaited: set[Ident] = field(default_factory=set)  # whom we want to hear before we settle
    settles_at: float = _NEVER
    blocked: bool = False  # the network takes nothing from us
    _since: float = 0.0
    _lost: dict[Ident, float] = field(default_factory=dict)  # peers not alive any more, and since when

    def await_peers(self, peers: Collection[Ident], now: float) -> None:
        """Hear these, or let the time for it pass, before anything else."""
        self.awaited, self.settles_at = set(peers), now + self.timing.settle

    def settle_anew(self, peers: Collection[Ident], now: float) -> None:
        """Begin again, as after a start."""
        if self.state is not MemberState.LEAVING:
            self._become(MemberState.SETTLING, now)
            self.await_peers(peers, now)

    def leave(self, now: float) -> None:
        """Told to stop."""
        self._become(MemberState.LEAVING, now)

    def lose(self, peers: Collection[Ident], now: float) -> None:
        """These are not alive any more."""
        self._lost |= dict.fromkeys(peers, now)

    def find(self, peers: Collection[Ident]) -> None:
        """These are alive, or are not expected to be."""
        for each in self._lost.keys() & peers:
            del self._lost[each]

    def done_waiting(self, now: float) -> bool:
        """Whether there is nobody left to hear first."""
        return not self.awaited or now >= self.settles_at

    def left(self, others: Collection[MemberState], now: float) -> bool:
        """Whether handing over has been given its time, or nobody is there to take over."""
        if self.state is not MemberState.LEAVING:
            return False
        return now >= self._since + self.timing.handover or not ABLE.intersection(others)

    def advance(self, others: Collection[MemberState], now: float) -> None:
        """Take the step that is due. `others` are the states of those alive."""
        if self.state is MemberState.LEAVING:
            return
        if not others and self._cut_off():
            if self.state is not MemberState.CUT_OFF and (
                self.state is not MemberState.SETTLING or self.done_waiting(now)
            ):
                self._become(MemberState.CUT_OFF, now)
        elif self.state is MemberState.CUT_OFF:
            self.settle_anew((), now)
        if self.state is MemberState.SETTLING and self.done_waiting(now):
            self._settle(others, now)
        waited = now >= self._since + self.timing.return_delay
        if (self.state is MemberState.FRESH and waited) or (
            self.state is MemberState.RETURNING and (waited or not TAKING.intersection(others))
        ):
            self._become(MemberState.ACTIVE, now)

    def wake_at(self) -> float:
        """When time alone makes the next difference."""
        match self.state:
            case MemberState.SETTLING:
                return self.settles_at
            case MemberState.FRESH | MemberState.RETURNING:
                return self._since + self.timing.return_delay
            case MemberState.LEAVING:
                return self._since + self.timing.handover
        return _NEVER

    def _settle(self, others: Collection[MemberState], now: float) -> None:
        self.awaited = set()
        established = {MemberState.ACTIVE, MemberState.RETURNING}.intersection(others)
        self._become(MemberState.RETURNING if established else MemberState.FRESH, now)

    def _cut_off(self) -> bool:
        """Whether those lost last were too many at once to have died."""
        if not self._lost:
            return False
        last = max(self._lost.values())
        together = sum(at >= last - self.timing.together for at in self._lost.values())
        return together >= (1 if self.blocked else 2)

    def _become(self, state: MemberState, now: float) -> None:
        self.state, self._since = state, now
