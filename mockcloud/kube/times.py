"""Times as Kubernetes writes them (RFC 3339, UTC, whole seconds) and back."""

import re
import time
from calendar import timegm
from functools import lru_cache
from typing import Final

_TIME: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII | re.IGNORECASE
)


def rfc3339(seconds: float) -> str:
    """Seconds since the epoch -> `2026-11-21T14:00:00Z`."""
    return _whole(int(seconds // 1))


@lru_cache(maxsize=64)
def _whole(seconds: int) -> str:
    """One second's text serves all that is written in it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def rfc3339_micros(seconds: float) -> str:
    """Seconds since the epoch -> `2026-11-21T14:00:00.123456Z`."""
    whole = int(seconds)
    return f"{rfc3339(whole)[:-1]}.{int((seconds - whole) * 1e6):06d}Z"


def epoch_seconds(text: str) -> float | None:
    """`2026-11-21T14:00:00Z` -> seconds since the epoch, fractions dropped; None where it is not a time."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(found[index]) for index in range(1, 7))
    seconds = timegm((year, month, day, hour, minute, second))
    if found[7]:
        offset = int(found[8]) * 3600 + int(found[9]) * 60
        seconds += -offset if found[7] == "+" else offset
    return seconds
