"""Which ranges have addresses in common? Found by sorting; only overlaps themselves cost more than that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from baremetal_lb.model.addresses import AddressRange

ENOUGH: Final = 5  # overlaps told of one range: a file with the same line a thousand times needs no million


@dataclass(frozen=True, slots=True)
class Claimed:
    """A range that somebody has: the cluster's Services or Pods, or a pool's entry."""

    owner: str
    range: AddressRange


def overlapping(claims: Sequence[Claimed]) -> Iterator[tuple[int, int]]:
    """Pairs of positions in `claims` that overlap, the smaller first; up to ENOUGH for each."""
    order = sorted(range(len(claims)), key=lambda at: _start(claims[at].range))
    open_ranges: list[int] = []  # those that began before and may reach on
    for at in order:
        entry = claims[at].range
        open_ranges = [other for other in open_ranges if claims[other].range.overlaps(entry)]
        yield from ((min(at, other), max(at, other)) for other in open_ranges[:ENOUGH])
        if len(open_ranges) < ENOUGH:
            open_ranges.append(at)
        else:
            shortest = min(range(ENOUGH), key=lambda slot: int(claims[open_ranges[slot]].range.last))
            if int(claims[open_ranges[shortest]].range.last) < int(entry.last):
                open_ranges[shortest] = at


def _start(entry: AddressRange) -> tuple[int, int]:
    return (entry.family, int(entry.first))
