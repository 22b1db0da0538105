"""May two Services hold one address? MetalLB's rules, and consent between namespaces for keys of our own."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from baremetal_lb.model.api_names import (
    Reason,
)
from baremetal_lb.model.quoting import cut
from baremetal_lb.model.reasons import (
    Refusal,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.services import ServicePort


@dataclass(frozen=True, slots=True)
class SharingTerms:
    """On what terms a Service would share its address."""

    service: ObjectKey
    age: str
    key: str | None
    guests: frozenset[str] | None  # other namespaces it lets in; None: any, as a key under MetalLB's prefixes
    ports: frozenset[ServicePort]
    backend: tuple[tuple[str, str], ...] | None  # the selector under externalTrafficPolicy Local, else None

    @property
    def order(self) -> tuple[str, ObjectKey]:
        """The oldest is an address's first owner."""
        return (self.age, self.service)

    def admits(self, namespace: str) -> bool:
        """Whether this owner's key holds in that namespace."""
        return self.guests is None or namespace == self.service.namespace or namespace in self.guests


@dataclass(frozen=True, slots=True)
class PortChange:
    """What a holder's coming, going or changing does to the ports of an address."""

    taken: tuple[ServicePort, ...] = ()
    freed: tuple[ServicePort, ...] = ()


NO_CHANGE: Final = PortChange()


@dataclass(slots=True)
class Occupancy:
    """The Services on one address: who is the oldest, and who has a port, without asking each of them."""

    holders: dict[ObjectKey, SharingTerms] = field(default_factory=dict)
    ports: dict[ServicePort, dict[ObjectKey, None]] = field(default_factory=dict)
    ever_keyed: bool = False  # whether any holder, perhaps an earlier one, has or had a sharing key
    _by_age: list[tuple[str, ObjectKey]] = field(default_factory=list)  # a heap; who left is dropped on top

    def join(self, terms: SharingTerms) -> PortChange:
        """Enter a holder, or its new terms."""
        known = self.holders.get(terms.service)
        self.holders[terms.service] = terms
        self.ever_keyed = self.ever_keyed or terms.key is not None
        if known is None or known.order != terms.order:
            heapq.heappush(self._by_age, terms.order)
        before = known.ports if known else frozenset()
        freed = self._free(terms.service, before - terms.ports)
        return PortChange(self._take(terms.service, terms.ports - before), freed)

    def leave(self, service: ObjectKey) -> PortChange:
        """Strike a holder out."""
        terms = self.holders.pop(service, None)
        return PortChange(freed=self._free(service, terms.ports)) if terms else PortChange()

    def owner(self) -> SharingTerms | None:
        """The oldest of all."""
        while self._by_age:
            terms = self.holders.get(self._by_age[0][1])
            if terms is not None and terms.order == self._by_age[0]:
                return terms
            heapq.heappop(self._by_age)
        return None

    def owner_for(self, service: ObjectKey) -> SharingTerms | None:
        """The oldest of the others: its terms are the ones to meet."""
        if len(self.holders) == 1 and service in self.holders:
            return None
        owner = self.owner()
        if owner is None or owner.service != service:
            return owner
        second: SharingTerms | None = owner
        while second is not None and second.service == service:
            heapq.heappop(self._by_age)
            second = self.owner()
        heapq.heappush(self._by_age, owner.order)
        return second

    def _take(self, service: ObjectKey, ports: Iterable[ServicePort]) -> tuple[ServicePort, ...]:
        taken = []
        for port in ports:
            users = self.ports.setdefault(port, {})
            if not users:
                taken.append(port)
            users[service] = None
        return tuple(taken)

    def _free(self, service: ObjectKey, ports: Iterable[ServicePort]) -> tuple[ServicePort, ...]:
        freed = []
        for port in ports:
            users = self.ports[port]
            users.pop(service, None)
            if not users:
                del self.ports[port]
                freed.append(port)
        return tuple(freed)


def clash(
    address: IPAddress, occupancy: Occupancy, terms: SharingTerms, *, consent: bool = True
) -> Refusal | None:
    """Why `terms` may not join (or stay on) an address; None where they may.

    Without `consent` the rule about namespaces is left out: who is on an address already is not put off it
    by it.
    """
    owner = occupancy.owner_for(terms.service)
    if owner is None:
        return None
    why = _key_clash(owner, terms) or (_consent_clash(owner, terms) if consent else None)
    why = why or _port_clash(occupancy, terms) or _backend_clash(owner, terms)
    return Refusal(Reason.SHARING_REFUSED if terms.key else Reason.IN_USE, str(address), why) if why else None


def _key_clash(owner: SharingTerms, terms: SharingTerms) -> str | None:
    if terms.key is None:
        return f"in use by {owner.service}"
    if owner.key is None:
        return f"in use by {owner.service}, which does not share it"
    if owner.key != terms.key:
        return f'in use by {owner.service} with sharing key "{cut(owner.key)}", not "{cut(terms.key)}"'
    return None


def _consent_clash(owner: SharingTerms, terms: SharingTerms) -> str | None:
    namespace = terms.service.namespace
    if not owner.admits(namespace):
        return f"in use by {owner.service}, which does not share with namespace {namespace}"
    if owner.guests is None and not terms.admits(owner.service.namespace):
        return f"in use by {owner.service}; the key of {terms.service} holds in its own namespace only"
    return None


def _port_clash(occupancy: Occupancy, terms: SharingTerms) -> str | None:
    for port in sorted(terms.ports):
        # At most two need a look: one of them is another.
        for other in islice(occupancy.ports.get(port, ()), 2):
            if other != terms.service:
                return f"port {port} is in use by {other}"
    return None


def _backend_clash(owner: SharingTerms, terms: SharingTerms) -> str | None:
    if owner.backend == terms.backend:
        return None
    if owner.backend is None or terms.backend is None:
        return f"in use by {owner.service}; one has externalTrafficPolicy Local, the other Cluster"
    return f"in use by {owner.service}; with externalTrafficPolicy Local only equal selectors share"
