"""How long to wait before starting or pulling again. Pure.

Kubelet starts at 10 s, doubles to 300 s, and forgets after 10 minutes of running. A lab is watched by people
and CI jobs: here it is a tenth of that.
"""

from typing import Final

FIRST: Final = 1.0
LONGEST: Final = 30.0
FORGET: Final = 60.0


def restart_delay(failures: int) -> float:
    """Seconds before the start that follows this many exits in a row: the first follows at once."""
    return 0.0 if failures <= 1 else doubled(failures - 1)


def doubled(times: int) -> float:
    """The wait after so many failures (1 or more)."""
    return min(FIRST * 2.0 ** min(times - 1, 16), LONGEST)


def failures_after(failures: int, ran: float) -> int:
    """How many exits in a row there are, counting one after `ran` seconds."""
    return 1 if ran >= FORGET else failures + 1
