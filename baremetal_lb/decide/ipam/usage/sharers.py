"""Shared addresses of a pool, by who is let in: the lowest one for a Service is found without a walk.

Whether one may join is up to the first owner's key, backend and consent, and to the ports. The first three
make a door; behind each stand the addresses that it opens, by their free ports. An address stands behind as
many doors as its owner lets namespaces in, and a Service has as many keys as it would share with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from baremetal_lb.decide.ipam.usage.port_index import PortIndex
from baremetal_lb.decide.ipam.usage.sharing import NO_CHANGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baremetal_lb.decide.ipam.usage.sharing import Occupancy, PortChange, SharingTerms

ANYWHERE = None


class Door(NamedTuple):
    """What must be equal. `kind` tells the owners apart that are asked for in different ways."""

    kind: str
    key: str
    backend: tuple[tuple[str, str], ...] | None = None
    namespace: str | None = ANYWHERE


def doors_of(owner: SharingTerms) -> frozenset[Door]:
    """The doors that an address stands behind, by its first owner."""
    return frozenset(_doors_of(owner)) if owner.key is not None else frozenset()


def doors_for(terms: SharingTerms) -> Iterator[Door]:
    """The doors that open to a Service."""
    assert terms.key is not None
    yield Door("closed", terms.key, terms.backend, terms.service.namespace)
    if terms.guests is None:
        yield Door("open", terms.key, terms.backend)
    else:
        for namespace in {terms.service.namespace, *terms.guests}:
            yield Door("open in", terms.key, terms.backend, namespace)


def _doors_of(owner: SharingTerms) -> Iterator[Door]:
    assert owner.key is not None
    yield Door("any", owner.key)  # whether it opens or not: who is refused is told by whom
    if owner.guests is None:
        yield Door("open", owner.key, owner.backend)
        yield Door("open in", owner.key, owner.backend, owner.service.namespace)
    else:
        for namespace in {owner.service.namespace, *owner.guests}:
            yield Door("closed", owner.key, owner.backend, namespace)


@dataclass(slots=True)
class Sharers:
    """The shared addresses of one family of one pool, by their places."""

    size: int
    _behind: dict[Door, PortIndex] = field(default_factory=dict)
    _doors: dict[int, frozenset[Door]] = field(default_factory=dict)

    def update(self, place: int, occupancy: Occupancy, change: PortChange = NO_CHANGE) -> None:
        """An address has other holders, or they have other terms; `change` is what that did to its ports."""
        owner = occupancy.owner()
        before = self._doors.pop(place, frozenset[Door]())
        after = doors_of(owner) if owner else frozenset[Door]()
        for door in before:
            for port in change.freed:
                self._behind[door].release(place, port)
            for port in change.taken:
                self._behind[door].take(place, port)
        for door in before - after:
            self._take_out(door, place, occupancy)
        for door in after - before:
            self._behind.setdefault(door, PortIndex(self.size)).add(place, occupancy.ports)
        if after:
            self._doors[place] = after

    def remove(self, place: int, occupancy: Occupancy) -> None:
        """An address is not to be shared with anybody new."""
        for door in self._doors.pop(place, frozenset[Door]()):
            self._take_out(door, place, occupancy)

    def lowest(self, terms: SharingTerms, below: int | None) -> int | None:
        """The lowest place, under `below` where given, that a Service may share."""
        found = (
            index.lowest(terms.ports, below) for door in doors_for(terms) if (index := self._behind.get(door))
        )
        return min((place for place in found if place is not None), default=None)

    def lowest_with(self, key: str) -> int | None:
        """The lowest place that is held under a key, shareable or not."""
        index = self._behind.get(Door("any", key))
        return index.lowest(()) if index else None

    def _take_out(self, door: Door, place: int, occupancy: Occupancy) -> None:
        index = self._behind[door]
        index.remove(place, occupancy.ports)
        if not len(index):
            del self._behind[door]
