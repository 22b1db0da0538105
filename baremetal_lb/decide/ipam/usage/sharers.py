"""Shared addresses of a pool, by who is let in: the lowest one for a Service is found without a walk.

Whether one may join is up to the first owner's key, backend and consent, and to the ports. The first three
make a key; behind each stand the addresses that it opens, by their free ports. An address stands behind as
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


class SharingKey(NamedTuple):
    """What must be equal. `kind` tells the owners apart that are asked for in different ways."""

    kind: str
    key: str
    backend: tuple[tuple[str, str], ...] | None = None
    namespace: str | None = ANYWHERE


def sharing_keys_of(owner: SharingTerms) -> frozenset[SharingKey]:
    """The keys under which an address may be shared, by its first owner."""
    return frozenset(_sharing_keys_of(owner)) if owner.key is not None else frozenset()


def sharing_keys_for(terms: SharingTerms) -> Iterator[SharingKey]:
    """The keys under which a Service may share."""
    assert terms.key is not None
    yield SharingKey("closed", terms.key, terms.backend, terms.service.namespace)
    if terms.guests is None:
        yield SharingKey("open", terms.key, terms.backend)
    else:
        for namespace in {terms.service.namespace, *terms.guests}:
            yield SharingKey("open in", terms.key, terms.backend, namespace)


def _sharing_keys_of(owner: SharingTerms) -> Iterator[SharingKey]:
    assert owner.key is not None
    yield SharingKey("any", owner.key)  # whether it opens or not: who is refused is told by whom
    if owner.guests is None:
        yield SharingKey("open", owner.key, owner.backend)
        yield SharingKey("open in", owner.key, owner.backend, owner.service.namespace)
    else:
        for namespace in {owner.service.namespace, *owner.guests}:
            yield SharingKey("closed", owner.key, owner.backend, namespace)


@dataclass(slots=True)
class Sharers:
    """The shared addresses of one family of one pool, by their places."""

    size: int
    _behind: dict[SharingKey, PortIndex] = field(default_factory=dict)
    _keys: dict[int, frozenset[SharingKey]] = field(default_factory=dict)

    def update(self, place: int, occupancy: Occupancy, change: PortChange = NO_CHANGE) -> None:
        """An address has other holders, or they have other terms; `change` is what that did to its ports."""
        owner = occupancy.owner()
        before = self._keys.pop(place, frozenset[SharingKey]())
        after = sharing_keys_of(owner) if owner else frozenset[SharingKey]()
        for key in before:
            for port in change.freed:
                self._behind[key].release(place, port)
            for port in change.taken:
                self._behind[key].take(place, port)
        for key in before - after:
            self._take_out(key, place, occupancy)
        for key in after - before:
            self._behind.setdefault(key, PortIndex(self.size)).add(place, occupancy.ports)
        if after:
            self._keys[place] = after

    def remove(self, place: int, occupancy: Occupancy) -> None:
        """An address is not to be shared with anybody new."""
        for key in self._keys.pop(place, frozenset[SharingKey]()):
            self._take_out(key, place, occupancy)

    def lowest(self, terms: SharingTerms, below: int | None) -> int | None:
        """The lowest place, under `below` where given, that a Service may share."""
        found = (
            index.lowest(terms.ports, below)
            for key in sharing_keys_for(terms)
            if (index := self._behind.get(key))
        )
        return min((place for place in found if place is not None), default=None)

    def lowest_with(self, key: str) -> int | None:
        """The lowest place that is held under a key, shareable or not."""
        index = self._behind.get(SharingKey("any", key))
        return index.lowest(()) if index else None

    def _take_out(self, key: SharingKey, place: int, occupancy: Occupancy) -> None:
        index = self._behind[key]
        index.remove(place, occupancy.ports)
        if not len(index):
            del self._behind[key]
