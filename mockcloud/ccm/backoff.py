"""How long to wait after failures in a row; pure, but for what it remembers of each key."""

from collections.abc import Hashable


class Backoff:
    """Twice as long after each failure, up to a limit; success forgets."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._failures: dict[Hashable, int] = {}

    def failed(self, key: Hashable) -> float:
        """Note one more; seconds to wait."""
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        return min(self._first * 2.0 ** min(failures - 1, 30), self._longest)

    def succeeded(self, key: Hashable) -> None:
        """Begin anew with the next failure."""
        self._failures.pop(key, None)
