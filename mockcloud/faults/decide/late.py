"""Frames on a long cable: what goes in comes out later, in order; pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

MOST_BYTES: Final = 64 << 20
"""What a cable holds; what comes when it is full is lost, as in a switch."""


@dataclass(slots=True)
class Cable:
    """One direction of it; times are in seconds of one clock."""

    delay: float
    room: int = MOST_BYTES
    _frames: deque[tuple[float, bytes]] = field(default_factory=deque)

    def put(self, frame: bytes, now: float) -> None:
        """It comes out after the delay; it is lost where there is no room."""
        if len(frame) <= self.room:
            self.room -= len(frame)
            self._frames.append((now + self.delay, frame))

    def next_at(self) -> float | None:
        """When the next comes out; None where nothing is in it."""
        return self._frames[0][0] if self._frames else None

    def take(self, now: float) -> list[bytes]:
        """All that have come out by now."""
        found = []
        while self._frames and self._frames[0][0] <= now:
            found.append(self._frames.popleft()[1])
            self.room += len(found[-1])
        return found
