"""The cloud's clock: runs as the machine's, slower or faster, stands still, jumps ahead. Seconds, UNIX."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Never goes back: what has ended once stays so."""

    def __init__(self, machine: Callable[[], float], began_at: float) -> None:
        """`machine` gives monotonic seconds; `began_at` is what this clock shows now."""
        self._machine = machine
        self.watchers: list[Callable[[], None]] = []  # told when it jumps, or goes at another rate
        self._shown, self._since, self.rate = began_at, machine(), 1.0

    def now(self) -> float:
        """What it shows."""
        return self._shown + (self._machine() - self._since) * self.rate

    def set_rate(self, rate: float) -> None:
        """How many of its seconds pass in one of the machine's; 0: it stands still. ValueError below 0."""
        if not 0 <= rate <= 1e6:
            msg = f"rate {rate:g}: expected 0 (frozen) to 1000000"
            raise ValueError(msg)
        self._shown, self._since, self.rate = self.now(), self._machine(), rate
        self._tell()

    def advance(self, seconds: float) -> None:
        """Go ahead at once; ValueError for a step back."""
        if not 0 <= seconds <= 1e10:
            msg = f"{seconds:g} seconds: expected 0 or more"
            raise ValueError(msg)
        self._shown, self._since = self.now() + seconds, self._machine()
        self._tell()

    def _tell(self) -> None:
        for tell in self.watchers:
            tell()
