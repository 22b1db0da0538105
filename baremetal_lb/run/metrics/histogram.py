"""A histogram for Prometheus to ask, kept by plain counts."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(slots=True)
class Durations:
    """A histogram: how many took at most so many seconds."""

    total: float = 0.0
    _counts: list[int] = field(default_factory=lambda: [0] * (len(SECONDS) + 1))

    def add(self, seconds: float) -> None:
        """One more."""
        self._counts[bisect_left(SECONDS, seconds)] += 1
        self.total += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """As Prometheus counts: each bucket with all below it."""
        bounds = [*map(str, SECONDS), "+Inf"]
        return list(zip(bounds, map(float, accumulate(list(self._counts))), strict=True))
