"""Services that lack something, oldest first, grouped by what they ask: one is refused like another.

So a freed address costs one try for each distinct wish, not one for each Service that waits.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from baremetal_lb.decide.ipam.requests import Request
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.services import ServiceView

Age = tuple[str, "ObjectKey"]


@dataclass(slots=True)
class _Group:
    members: dict[ObjectKey, Age] = field(default_factory=dict)
    order: list[Age] = field(default_factory=list)  # a heap; who has left is dropped when it comes up
    told: str | None = None  # why they wait, as all but the untold know
    untold: dict[ObjectKey, None] = field(default_factory=dict)

    def oldest(self) -> Age | None:
        while self.order and self.members.get(self.order[0][1]) != self.order[0]:
            heapq.heappop(self.order)
        return self.order[0] if self.order else None


@dataclass(slots=True)
class PendingQueue:
    """Who waits for what."""

    _groups: dict[Hashable, _Group] = field(default_factory=lambda: defaultdict(_Group))
    _wishes: dict[ObjectKey, Hashable] = field(default_factory=dict)
    _by_address: dict[IPAddress, set[Hashable]] = field(default_factory=lambda: defaultdict(set))
    _general: dict[Hashable, None] = field(default_factory=dict)  # wishes for no address in particular

    def __len__(self) -> int:
        return len(self._wishes)

    def __contains__(self, service: ObjectKey) -> bool:
        return service in self._wishes

    def enter(self, view: ServiceView, request: Request, prospects: Hashable, *, has_some: bool) -> None:
        """A Service waits. `prospects` is what pools say to it; `has_some`: it holds an address meanwhile."""
        self.leave(view.key)
        wish = _wish(view, request, prospects, has_some=has_some)
        group = self._groups[wish]
        group.members[view.key] = view.age_order
        group.untold[view.key] = None
        heapq.heappush(group.order, view.age_order)
        self._wishes[view.key] = wish
        if request.addresses:
            for address in request.addresses:
                self._by_address[address].add(wish)
        if len(request.addresses) < len(request.families):
            self._general[wish] = None

    def leave(self, service: ObjectKey) -> None:
        """A Service waits no more."""
        wish = self._wishes.pop(service, None)
        if wish is None:
            return
        group = self._groups[wish]
        del group.members[service]
        group.untold.pop(service, None)
        if group.members:
            return
        del self._groups[wish]
        self._general.pop(wish, None)
        for address in _addresses_of(wish):
            self._by_address[address].discard(wish)
            if not self._by_address[address]:
                del self._by_address[address]

    def wish(self, service: ObjectKey) -> Hashable:
        """What a waiting Service asks, as a token for `oldest` and `members`."""
        return self._wishes[service]

    def wishes(self) -> list[Hashable]:
        """All distinct wishes."""
        return list(self._groups)

    def concerned(self, freed: Iterable[IPAddress]) -> list[Hashable]:
        """The wishes that freed addresses may fulfil."""
        named = [wish for address in freed for wish in self._by_address.get(address, ())]
        return list(dict.fromkeys([*named, *self._general]))

    def oldest(self, wish: Hashable) -> Age | None:
        """The first of those with one wish."""
        group = self._groups.get(wish)
        return group.oldest() if group else None

    def tell(self, wish: Hashable, why: str) -> list[ObjectKey]:
        """Those with one wish who do not know yet that they wait for this reason; now they do."""
        group = self._groups[wish]
        news = list(group.untold if group.told == why else group.members)
        group.told = why
        group.untold.clear()
        return news


def _wish(view: ServiceView, request: Request, prospects: Hashable, *, has_some: bool) -> Hashable:
    """What makes two Services' chances equal: all that selection and sharing look at."""
    terms = request.terms
    sharing = (view.key.namespace, terms.key, terms.ports, terms.backend, terms.guests)
    return (
        request.addresses,
        request.pool,
        request.families,
        request.primary,
        request.all_required,
        prospects,
        sharing if terms.key else None,
        view.key if has_some else None,
    )


def _addresses_of(wish: Hashable) -> tuple[IPAddress, ...]:
    assert isinstance(wish, tuple)
    addresses: tuple[IPAddress, ...] = wish[0]
    return addresses
