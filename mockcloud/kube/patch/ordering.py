"""The order of a merged list: the patch's items in the patch's order, the server's own where they were."""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

T = TypeVar("T")


def in_order(
    items: Sequence[T], wanted: Sequence[T], held: Sequence[T], identity: Callable[[T], Hashable]
) -> list[T]:
    """The items: those in `wanted` in that order, the others as in `held`, before what they preceded."""
    first_in_wanted = _places(wanted, identity)
    first_in_held = _places(held, identity)
    named = sorted(
        (item for item in items if identity(item) in first_in_wanted),
        key=lambda item: first_in_wanted[identity(item)],
    )
    others = sorted(
        (item for item in items if identity(item) not in first_in_wanted),
        key=lambda item: first_in_held.get(identity(item), len(held)),
    )
    merged: list[T] = []
    for item in named:
        place = first_in_held.get(identity(item))
        while place is not None and others and first_in_held.get(identity(others[0]), place) < place:
            merged.append(others.pop(0))
        merged.append(item)
    return merged + others


def _places(items: Sequence[T], identity: Callable[[T], Hashable]) -> dict[Hashable, int]:
    return {identity(item): place for place, item in reversed(list(enumerate(items)))}
