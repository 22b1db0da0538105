"""May two Services hold one address? MetalLB's rules, and consent between namespaces for keys of our own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from baremetal_lb.model.reasons import Reason, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.services import ServicePort


@dataclass(frozen=True, slots=True)
class Terms:
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


@dataclass(slots=True)
class Occupancy:
    """The Services on one address. `ports` answers who has a port without asking each of them."""

    holders: dict[ObjectKey, Terms] = field(default_factory=dict)
    ports: dict[ServicePort, ObjectKey] = field(default_factory=dict)

    def join(self, terms: Terms) -> None:
        """Enter a holder, or its new terms."""
        self.leave(terms.service)
        self.holders[terms.service] = terms
        for port in terms.ports:
            self.ports.setdefault(port, terms.service)

    def leave(self, service: ObjectKey) -> None:
        """Strike a holder out."""
        terms = self.holders.pop(service, None)
        if terms is None:
            return
        for port in terms.ports:
            if self.ports.get(port) == service:
                del self.ports[port]

    def others(self, service: ObjectKey) -> Iterable[Terms]:
        """Everybody but this one."""
        return (terms for key, terms in self.holders.items() if key != service)

    def owner_for(self, service: ObjectKey) -> Terms | None:
        """The oldest of the others: its terms are the ones to meet."""
        return min(self.others(service), key=lambda terms: terms.order, default=None)


def clash(address: IPAddress, occupancy: Occupancy, terms: Terms, *, consent: bool = True) -> Refusal | None:
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


def _key_clash(owner: Terms, terms: Terms) -> str | None:
    if terms.key is None:
        return f"in use by {owner.service}"
    if owner.key is None:
        return f"in use by {owner.service}, which does not share it"
    if owner.key != terms.key:
        return f'in use by {owner.service} with sharing key "{owner.key}", not "{terms.key}"'
    return None


def _consent_clash(owner: Terms, terms: Terms) -> str | None:
    namespace = terms.service.namespace
    if not owner.admits(namespace):
        return f"in use by {owner.service}, which does not share with namespace {namespace}"
    if owner.guests is None and not terms.admits(owner.service.namespace):
        return f"in use by {owner.service}; the key of {terms.service} holds in its own namespace only"
    return None


def _port_clash(occupancy: Occupancy, terms: Terms) -> str | None:
    for port in sorted(terms.ports):
        other = occupancy.ports.get(port)
        if other is not None and other != terms.service:
            return f"port {port} is in use by {other}"
    return None


def _backend_clash(owner: Terms, terms: Terms) -> str | None:
    if owner.backend == terms.backend:
        return None
    return f"in use by {owner.service}; with externalTrafficPolicy Local only equal selectors share"
