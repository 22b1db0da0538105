"""What a cloud was some time ago, for reads that lag behind. Pure: states and times in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockcloud.cloud.core.state import State


@dataclass(slots=True)
class Past:
    """States that ended, the oldest first, each with the time of its end by the cloud's clock."""

    _ended: list[tuple[float, State]] = field(default_factory=list)

    def note(self, state: State, now: float, seconds: float) -> None:
        """A state ends now; what ended more than so many seconds ago is forgotten."""
        self._ended = [each for each in self._ended if each[0] > now - seconds]
        if seconds > 0:
            self._ended.append((now, state))

    def at(self, when: float, present: State) -> State:
        """What was then; where nobody kept it, the first after it that is kept."""
        return next((state for end, state in self._ended if end > when), present)
