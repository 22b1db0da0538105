"""What is told of a probe: how many connections were made, and when there was none; pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LEAST_GAP: Final = 0.35
"""Seconds: shorter is how far apart connections are made anyway, on a busy machine.

Where `LOST` and more were lost meanwhile it is a gap all the same.
"""
LOST: Final = 2
BAR_SECONDS: Final = 0.5
BARS: Final = 120
_MOST_GAPS: Final = 20


@dataclass(frozen=True, slots=True)
class Try:
    """One connection: begun at this time (Unix), made after so many seconds, or never."""

    at: float
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Gap:
    """So many seconds from one connection to the next, or (`over` False) until now."""

    began: float
    seconds: float
    over: bool


@dataclass(frozen=True, slots=True)
class ProbeShown:
    """`bars`: the last minute, the oldest first: good, bad, mixed, or "" where nothing was tried."""

    target: str
    running: bool
    said: str  # why it ended
    tried: int = 0
    lost: int = 0
    longest: float = 0.0
    gaps: tuple[Gap, ...] = ()
    bars: tuple[str, ...] = ()


def shown(target: str, tries: Sequence[Try], now: float, *, running: bool, said: str = "") -> ProbeShown:
    """All of it, at this time; `tries` in any order, those that are under way not among them."""
    found = sorted(_gaps(tries, now), key=lambda gap: gap.began, reverse=True)
    return ProbeShown(
        target,
        running,
        said,
        len(tries),
        sum(each.seconds is None for each in tries),
        max((each.seconds for each in found), default=0.0),
        tuple(found[:_MOST_GAPS]),
        tuple(_bars(tries, now)),
    )


def _gaps(tries: Sequence[Try], now: float) -> Iterator[Gap]:
    """Each time without a connection, the one before the first not among them: nothing was tried then."""
    if not tries:
        return
    begun = min(each.at for each in tries)
    lost = sorted(each.at for each in tries if each.seconds is None)
    made = sorted(each.at + each.seconds for each in tries if each.seconds is not None)
    for before, after in pairwise([begun, *made]):
        if after - before > LEAST_GAP or bisect_left(lost, after) - bisect_right(lost, before) >= LOST:
            yield Gap(before, round(after - before, 3), True)
    last = made[-1] if made else begun
    if now - last > LEAST_GAP and any(each.seconds is None and each.at > last for each in tries):
        yield Gap(last, round(now - last, 3), False)


def _bars(tries: Sequence[Try], now: float) -> Iterator[str]:
    first = int(now / BAR_SECONDS) - BARS + 1
    kinds: dict[int, set[str]] = {}
    for each in tries:
        kinds.setdefault(int(each.at / BAR_SECONDS), set()).add("bad" if each.seconds is None else "good")
    for number in range(first, first + BARS):
        found = kinds.get(number, set())
        yield "mixed" if len(found) > 1 else next(iter(found), "")
