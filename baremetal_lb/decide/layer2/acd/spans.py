"""A few ranges that hold all addresses of interest, for a filter that has room for no more."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST: Final = 16


def spans(ranges: Iterable[tuple[int, int]], most: int = MOST) -> tuple[tuple[int, int], ...]:
    """At most `most` ranges, in order, both ends included; what they hold besides is as little as may be."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(last, joined[-1][1])
        else:
            joined.append((first, last))
    gaps = sorted(((after[0] - before[1], at) for at, (before, after) in enumerate(pairwise(joined), 1)))
    cuts = sorted(at for _, at in gaps[max(0, len(gaps) - most + 1) :])
    return tuple(
        (joined[start][0], joined[end - 1][1])
        for start, end in pairwise([0, *cuts, len(joined)])
        if start < end
    )
