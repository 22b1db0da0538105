"""A few ranges that hold all addresses of interest, for a filter that has no room for each of them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST: Final = 16


def spans(numbers: Iterable[int], most: int = MOST) -> tuple[tuple[int, int], ...]:
    """At most `most` ranges, in order, both ends included; what they hold besides is as little as may be."""
    ordered = sorted(set(numbers))
    if not ordered:
        return ()
    gaps = [(ordered[at] - ordered[at - 1], at) for at in range(1, len(ordered))]
    wide = [gap for gap in gaps if gap[0] > 1]
    cuts = [0, *sorted(at for _, at in sorted(wide, reverse=True)[: most - 1]), len(ordered)]
    return tuple((ordered[start], ordered[end - 1]) for start, end in pairwise(cuts))
