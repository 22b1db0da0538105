"""All records, as last seen: changed one object at a time, asked by name. Pure; the shell feeds it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from mockcloud.cluster_defaults import CLUSTER_DOMAIN
from mockcloud.dns.decide.names import (
    REVERSE_ZONES,
    ROOT,
    IPAddress,
    Name,
    child,
    first_label,
    is_below,
    parse,
    reverse,
    upwards,
)
from mockcloud.dns.decide.records import (
    Data,
    Kind,
    Owned,
    RRsets,
    Soa,
    address_kind,
    service_records,
    undashed,
)
from mockcloud.dns.decide.views import ServiceKey, ServiceView, SliceView

SCHEMA: Final = "1.1.0"
SliceKey = tuple[str, str]  # namespace, name
# Whose records: ("service", namespace, name), ("namespace", name), ("hosts",), ("zone",)
_Source = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ZoneFacts:
    """What does not change while a daemon runs."""

    domain: Name = field(default_factory=lambda: parse(CLUSTER_DOMAIN))
    servers: tuple[IPAddress, ...] = ()  # the addresses that pods ask
    ttl: int = 30  # kubeadm's


class Zone:
    """The cluster domain and the reverse zones. Methods that change it return the names whose answers did."""

    def __init__(self, facts: ZoneFacts) -> None:
        self.facts = facts
        self.complete = False  # all that the API has is in it: what is not here does not exist
        self.serial = 1
        self._services: dict[ServiceKey, ServiceView] = {}
        self._slices: dict[SliceKey, SliceView] = {}
        self._of: dict[ServiceKey, dict[SliceKey, SliceView]] = {}
        self._owned: dict[_Source, Owned] = {}
        self._at: dict[Name, dict[_Source, RRsets]] = {}
        self._population: dict[Name, int] = {}  # owners at or below a name: 0 means that it does not exist
        self._put(("zone",), self._fixed())

    @property
    def zones(self) -> tuple[Name, ...]:
        """The names that this server has authority from."""
        return (self.facts.domain, *REVERSE_ZONES.values())

    def zone_of(self, name: Name) -> Name | None:
        """The zone that the name is in, or None for names of others."""
        return next((zone for zone in self.zones if is_below(name, zone)), None)

    def put_service(self, key: ServiceKey, view: ServiceView | None) -> set[Name]:
        """The Service is now this; None: gone."""
        if self._services.get(key) == view:
            return set()
        if view is None:
            del self._services[key]
        else:
            self._services[key] = view
        return self._recompute(key)

    def put_slice(self, key: SliceKey, view: SliceView | None) -> set[Name]:
        """The slice is now this; a relabelled one concerns two Services."""
        old = self._slices.pop(key, None)
        if view is not None:
            self._slices[key] = view
        if old == view:
            return set()
        if old is not None:
            del self._of[old.service][key]
            if not self._of[old.service]:
                del self._of[old.service]
        if view is not None:
            self._of.setdefault(view.service, {})[key] = view
        changed: set[Name] = set()
        for service in {each.service for each in (old, view) if each is not None}:
            changed |= self._recompute(service)
        return changed

    def put_namespace(self, name: str, *, exists: bool) -> set[Name]:
        """A namespace exists by itself, also with nothing in it."""
        owned: Owned = {child(name, self.services): {}, child(name, self.pods): {}} if exists else {}
        return self._put(("namespace", name), owned)

    def put_hosts(self, hosts: Mapping[Name, tuple[IPAddress, ...]]) -> set[Name]:
        """The names that nothing in the API has, and the way back from their addresses."""
        owned: Owned = {}
        for name, addresses in hosts.items():
            for address in addresses:
                kind, rrsets = address_kind(address), owned.setdefault(name, {})
                rrsets[kind] = (*rrsets.get(kind, ()), address)
                pointers = owned.setdefault(reverse(address), {})
                pointers[Kind.PTR] = (*pointers.get(Kind.PTR, ()), name)
        return self._put(("hosts",), owned)

    @property
    def services(self) -> Name:
        """svc.<zone>"""
        return child("svc", self.facts.domain)

    @property
    def pods(self) -> Name:
        """pod.<zone>"""
        return child("pod", self.facts.domain)

    def exists(self, name: Name) -> bool:
        """Whether the name, or one below it, has anything (an empty non-terminal exists: RFC 8020)."""
        return name in self._population

    def at(self, name: Name) -> Mapping[Kind, tuple[Data, ...]]:
        """The records at the name: of one source, but for addresses that several Services point back from."""
        found = self._at.get(name)
        if not found:
            return {}
        if len(found) == 1:
            return next(iter(found.values()))
        merged: RRsets = {}
        for source in sorted(found):
            for kind, data in found[source].items():
                merged[kind] = tuple(sorted({*merged.get(kind, ()), *data}, key=_places))
        return merged

    def soa(self, zone: Name) -> Soa:
        """The zone's start of authority, as CoreDNS names it."""
        primary = self._primary()
        return Soa(primary, child("hostmaster", self.facts.domain), self.serial, self.facts.ttl)

    def _primary(self) -> Name:
        return child("ns", child("dns", self.facts.domain))

    def _fixed(self) -> Owned:
        """What is there without any object."""
        domain = self.facts.domain
        owned: Owned = {
            child("dns-version", domain): {Kind.TXT: (SCHEMA,)},
            self.services: {},
            self.pods: {},
            **{zone: {Kind.NS: (self._primary(),)} for zone in self.zones},
        }
        addresses: RRsets = {}
        for address in self.facts.servers:
            kind = address_kind(address)
            addresses[kind] = (*addresses.get(kind, ()), address)
        owned[self._primary()] = addresses
        return owned

    def _recompute(self, key: ServiceKey) -> set[Name]:
        view = self._services.get(key)
        slices = self._of.get(key, {})
        inside = [slices[name] for name in sorted(slices)]
        owned = {} if view is None else service_records(key, view, inside, self.facts.domain)
        return self._put(("service", key.namespace, key.name), owned)

    def _put(self, source: _Source, new: Owned) -> set[Name]:
        old = self._owned.pop(source, {})
        if new:
            self._owned[source] = new
        changed = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
        for name in changed:
            if name in old:
                del self._at[name][source]
                if not self._at[name]:
                    del self._at[name]
            if name in new:
                self._at.setdefault(name, {})[source] = new[name]
        changed |= self._count(old.keys() - new.keys(), -1)
        changed |= self._count(new.keys() - old.keys(), +1)
        self.serial = (self.serial + bool(changed)) % 2**32
        return changed

    def _count(self, owners: Iterable[Name], step: int) -> set[Name]:
        """The names that exist now and did not, or the other way round."""
        flipped = set()
        for name in _with_ancestors(owners):
            before = self._population.get(name, 0)
            if before + step:
                self._population[name] = before + step
            else:
                del self._population[name]
            if not before or not before + step:
                flipped.add(name)
        return flipped


def _places(data: Data) -> tuple[bool, str]:
    """A name that somebody gave comes before one that was made of the address: resolvers take the first."""
    label = first_label(data) if isinstance(data, bytes) else ""
    return undashed(label) is not None, str(data)


def _with_ancestors(owners: Iterable[Name]) -> Iterator[Name]:
    for owner in owners:
        for name in upwards(owner):
            if name != ROOT:
                yield name
