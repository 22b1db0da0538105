"""How long a daemon pod that has failed stays before it is replaced: twice as long after each failure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

FIRST: Final = timedelta(seconds=1)
MOST: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Failure:
    """The pod of that uid was the last to fail on its node; it is replaced at `due`."""

    uid: str
    delay: timedelta
    due: datetime


def noted(before: Failure | None, uid: str, now: datetime) -> Failure:
    """A failed pod was seen on the node. What failed twice the longest delay ago is forgotten (client-go)."""
    if before is not None and before.uid == uid:
        return before
    if before is None or now - before.due > 2 * MOST:
        return Failure(uid, FIRST, now)  # the first is replaced at once
    delay = min(before.delay * 2, MOST)
    return replace(before, uid=uid, delay=delay, due=now + before.delay)


def seconds_until_due(failures: Iterable[Failure], now: datetime) -> float | None:
    """When the next one may be replaced; None where none waits."""
    return min(((each.due - now).total_seconds() for each in failures if each.due > now), default=None)
