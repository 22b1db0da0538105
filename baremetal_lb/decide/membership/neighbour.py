"""One neighbour, as this speaker hears it: what it says is fresh or not, and when its silence is too long.

Fresh means proven: a beat counts only where it echoes a stamp that we sent lately. So nothing recorded and
played again keeps a dead node alive, to this process or to one that has just started, and no clock has to
agree with another.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from baremetal_lb.model.membership import Echo, Ignored

if TYPE_CHECKING:
    from baremetal_lb.model.membership import Beat

MICRO: Final = 1_000_000
OLD: Final = 2.0  # seconds after which an echo of ours proves nothing
FORGET: Final = 0.995  # of the worst delay, with each beat: half is forgotten in 14 s


@dataclass(frozen=True, slots=True)
class Timing:
    """All times in seconds. What follows from the interval between heartbeats, and the two that do not."""

    interval: float = 0.1
    return_delay: float = 10.0

    @property
    def suspect_after(self) -> float:
        """Two beats are overdue: ask the silent one, until it answers or is missed."""
        return self.interval * 2.1

    @property
    def miss_after(self) -> float:
        """On a quiet LAN: three beats, and all answers to what we asked, have not come."""
        return self.interval * 3.5

    @property
    def miss_at_most(self) -> float:
        """The longest that delays seen before may stretch it."""
        return self.interval * 10

    @property
    def probe_every(self) -> float:
        """Between two questions to one that is suspect."""
        return self.interval / 4

    @property
    def away_after(self) -> float:
        """Who has done nothing for so long was paused or starved; before anybody misses it."""
        return self.interval * 2.5

    @property
    def settle(self) -> float:
        """To hear all that are there."""
        return self.interval * 5

    @property
    def handover(self) -> float:
        """From the announcement of leaving to the last answer."""
        return self.interval * 5

    @property
    def batch(self) -> float:
        """News is held back so long, for more to go with it."""
        return self.interval / 20

    @property
    def together(self) -> float:
        """Peers lost within so long of each other were lost for one reason."""
        return self.interval * 20


class HeartbeatState(StrEnum):
    """What silence has made of a neighbour."""

    UNHEARD = "unheard"  # never yet
    ALIVE = "alive"
    SUSPECT = "suspect"
    DEAD = "dead"


HEARD: Final = frozenset({HeartbeatState.ALIVE, HeartbeatState.SUSPECT})


@dataclass(slots=True)
class Neighbour:
    """A neighbour. Times are those of the caller's clock, in seconds."""

    state: HeartbeatState = HeartbeatState.UNHEARD
    heard: float = 0.0
    delay: float = 0.0  # the worst silence that ended well, beyond that of one lost beat; slowly forgotten
    round_trip: float | None = None
    owed: set[int] = field(default_factory=set)  # the records that it has to be told
    answered: float = float("-inf")  # when we last answered at once
    asked: float = float("-inf")
    differs_since: float | None = None  # its digest, from ours
    _incarnation: int = 0
    _stamp: int = 0
    _retired: deque[int] = field(default_factory=lambda: deque(maxlen=8))
    _echo: tuple[int, int, float] | None = None  # incarnation, stamp, when it came

    def why_not(self, beat: Beat, incarnation: int, now: float) -> Ignored | None:
        """Why a beat of this neighbour counts for nothing; None where it shows that the sender is alive."""
        same = beat.incarnation == self._incarnation
        if beat.incarnation in self._retired or (same and beat.stamp <= self._stamp):
            return Ignored.REPLAYED
        echo = beat.echo
        if echo is None or echo.incarnation != incarnation or now - echo.stamp / MICRO > OLD:
            return Ignored.UNPROVEN
        return None

    def greet(self, beat: Beat, now: float) -> Echo:
        """Take note of a beat that proves nothing yet; what to answer, so that the next one does."""
        if self.state not in HEARD:
            self._echo = (beat.incarnation, beat.stamp, now)
        return Echo(beat.incarnation, beat.stamp, 0)

    def hear(self, beat: Beat, timing: Timing, now: float) -> bool:
        """Take in a beat that counts; whether the neighbour was not heard before it."""
        new = self.state not in HEARD
        if beat.incarnation != self._incarnation:
            self._retired.append(self._incarnation)
            self._incarnation = beat.incarnation
        elif not new:
            self.delay = max(now - self.heard - timing.suspect_after, self.delay * FORGET)
        self._stamp, self._echo = beat.stamp, (beat.incarnation, beat.stamp, now)
        if beat.echo is not None:
            self.round_trip = max(0.0, now - (beat.echo.stamp + beat.echo.held) / MICRO)
        self.heard, self.state = now, HeartbeatState.ALIVE
        return new

    def echo(self, now: float) -> Echo | None:
        """What of the neighbour's we have heard last, for our beats to it."""
        if self._echo is None:
            return None
        incarnation, stamp, at = self._echo
        return Echo(incarnation, stamp, int((now - at) * MICRO))

    def excuse(self, seconds: float) -> None:
        """Do not count a time during which we ourselves could not hear."""
        self.heard += seconds

    def watch(self, timing: Timing, now: float) -> bool:
        """Let the silence count; whether the neighbour is missed from now on."""
        if self.state not in HEARD:
            return False
        if now >= self._missed_at(timing):
            self.state, self.delay = HeartbeatState.DEAD, 0.0
            return True
        if now >= self.heard + timing.suspect_after:
            self.state = HeartbeatState.SUSPECT
        return False

    def wake_at(self, timing: Timing) -> float:
        """When silence, if it lasts, makes the next difference."""
        if self.state not in HEARD:
            return float("inf")
        if self.state is HeartbeatState.ALIVE:
            return self.heard + timing.suspect_after
        return min(self.asked + timing.probe_every, self._missed_at(timing))

    def _missed_at(self, timing: Timing) -> float:
        return self.heard + min(timing.miss_after + max(0.0, self.delay), timing.miss_at_most)
