"""When a daemon that ended is started again; pure."""

from __future__ import annotations

from typing import Final

_BASE: Final = 0.2  # seconds
_MOST: Final = 10.0
_STEADY: Final = 30.0  # after that long up, an exit counts as the first again


def restart_delay(failures: int) -> float:
    """Seconds before the restart after that many exits in a row (1 or more): 0.2, doubling, at most 10."""
    return min(_BASE * 2.0 ** min(failures - 1, 10), _MOST)


def failures_after(failures: int, uptime: float) -> int:
    """How many exits in a row, counting one after `uptime` seconds: a long run starts the count again."""
    return 1 if uptime >= _STEADY else failures + 1
