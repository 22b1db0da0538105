"""Who listens to whom, and who can be reached by that.

A node is alive to us where a chain of speakers that hear each other, both ways, leads from us to it. So one
broken path between two nodes kills nobody, a dead node is one that all its neighbours miss, and both sides of
a partition see the other die as a whole.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final, TypeAlias

from baremetal_lb.model.membership import ident

if TYPE_CHECKING:
    from collections.abc import Mapping

    from baremetal_lb.model.membership import Ident, Record

Neighbours: TypeAlias = "Mapping[Ident, frozenset[Ident]]"

MESH: Final = 50  # up to so many nodes everybody listens to everybody
# Beyond, each listens to the next ones of it on a few rings, each in an order of its own. Random rings make a
# graph without bottlenecks: 2,000 nodes are 4 to 5 steps apart, and hold together when many die at once.
RINGS: Final = 4


@lru_cache(maxsize=4)
def neighbours(names: frozenset[str], mesh: int = MESH) -> Neighbours:
    """Whom each node listens to; symmetric, and the same wherever the names are the same."""
    idents = {ident(name) for name in names}
    if len(idents) <= mesh:
        return {each: frozenset(idents - {each}) for each in idents}
    found: dict[Ident, set[Ident]] = {each: set() for each in idents}
    for ring in range(RINGS):
        order = sorted(names, key=lambda name: sha256(f"{ring}#{name}".encode()).digest())
        for one, other in zip(order, [*order[1:], order[0]], strict=True):
            found[ident(one)].add(ident(other))
            found[ident(other)].add(ident(one))
    return {each: frozenset(others) for each, others in found.items()}


def hear_each_other(one: Record | None, other: Record | None) -> bool:
    """Whether two neighbours both say so."""
    return (
        one is not None
        and other is not None
        and other.ident not in one.missing
        and one.ident not in other.missing
    )


def reachable(start: Ident, graph: Neighbours, records: Mapping[Ident, Record]) -> set[Ident]:
    """All to whom a chain leads from `start`, itself among them."""
    seen, unvisited = {start}, [start]
    while unvisited:
        at = unvisited.pop()
        record = records[at]
        for other in graph.get(at, frozenset()) - seen - record.missing:
            if hear_each_other(record, records.get(other)):
                seen.add(other)
                unvisited.append(other)
    return seen
