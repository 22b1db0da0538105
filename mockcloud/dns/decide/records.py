"""One Service and its slices -> the records they make, by owner name (Kubernetes DNS specification 1.1.0)."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address, ip_address
from typing import Final

from mockcloud.dns.decide.names import IPAddress, Name, child, parse, reverse
from mockcloud.dns.decide.views import EndpointView, PortView, ServiceKey, ServiceView, SliceView

DASHED: Final = frozenset("0123456789abcdef-")


class Kind(IntEnum):
    """The types of records there are here, by their numbers (IANA)."""

    A = 1
    NS = 2
    CNAME = 5
    SOA = 6
    PTR = 12
    TXT = 16
    AAAA = 28
    SRV = 33


@dataclass(frozen=True, slots=True, order=True)
class Srv:
    """A server to go to (RFC 2782). All priorities are 0: weights alone share the load."""

    weight: int
    port: int
    target: Name


@dataclass(frozen=True, slots=True)
class Soa:
    """A zone's start of authority (RFC 1035 3.3.13); its times are constants of the rendering."""

    primary: Name
    mailbox: Name
    serial: int
    minimum: int  # seconds for which a negative answer may be kept (RFC 2308)


Data = IPAddress | Srv | Soa | Name | str
RRsets = dict[Kind, tuple[Data, ...]]
Owned = dict[Name, RRsets]

Reached = tuple[EndpointView, tuple[PortView, ...]]


def service_records(key: ServiceKey, service: ServiceView, slices: Iterable[SliceView], zone: Name) -> Owned:
    """All that the Service owns below the zone and in the reverse zones."""
    own = child(key.name, child(key.namespace, child("svc", zone)))
    owned: Owned = {}
    if service.external_name:
        _add_external(owned, own, service.external_name)
        return owned
    endpoints = _Endpoints(own, tuple(_published(service, slices)))
    endpoints.add_to(owned)
    if service.headless:
        _add_addresses(owned, own, endpoints.addresses)
        _add_ports(owned, own, endpoints.places)
    else:
        _add_addresses(owned, own, service.cluster_ips)
        # As CoreDNS counts: a Service of two families has each port twice, with half the weight.
        _add_ports(owned, own, [(port, own) for port in service.ports for _ in service.cluster_ips])
        for address in service.cluster_ips:
            owned[reverse(address)] = {Kind.PTR: (own,)}
    return owned


def address_kind(address: IPAddress) -> Kind:
    """A or AAAA."""
    return Kind.A if isinstance(address, IPv4Address) else Kind.AAAA


def dashed(address: IPAddress) -> str:
    """The label of an endpoint without a host name, as CoreDNS makes it: 10-244-1-5, fd00-10--5."""
    return str(address).replace(".", "-").replace(":", "-")


def undashed(label: str) -> IPAddress | None:
    """The address that such a label says, or None."""
    if not DASHED.issuperset(label):
        return None
    dotted = label.count("-") == 3 and "--" not in label
    try:
        return ip_address(label.replace("-", "." if dotted else ":"))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class _Endpoints:
    """The published endpoints of one Service, and the names they have below it."""

    service: Name
    reached: tuple[Reached, ...]

    @property
    def addresses(self) -> list[IPAddress]:
        return [endpoint.ip for endpoint, _ in self.reached]

    @property
    def places(self) -> list[tuple[PortView, Name]]:
        return [(port, self._name(endpoint)) for endpoint, ports in self.reached for port in ports]

    def add_to(self, owned: Owned) -> None:
        """Each endpoint's own name and its PTR."""
        by_name: dict[Name, list[IPAddress]] = {}
        for endpoint, _ in self.reached:
            name = self._name(endpoint)
            by_name.setdefault(name, []).append(endpoint.ip)
            owned[reverse(endpoint.ip)] = {Kind.PTR: (name,)}
        for name, addresses in by_name.items():
            _add_addresses(owned, name, addresses)

    def _name(self, endpoint: EndpointView) -> Name:
        return child(endpoint.hostname or dashed(endpoint.ip), self.service)


def _published(service: ServiceView, slices: Iterable[SliceView]) -> Iterator[Reached]:
    """Ready endpoints, or all where the Service publishes them; each address once, in a fixed order."""
    found: dict[IPAddress, tuple[EndpointView, set[PortView]]] = {}
    for each in slices:
        for endpoint in each.endpoints:
            if endpoint.ready or service.publish_not_ready:
                known, ports = found.setdefault(endpoint.ip, (endpoint, set()))
                if endpoint.hostname and not known.hostname:
                    found[endpoint.ip] = (endpoint, ports)
                ports.update(each.ports)
    for _, (endpoint, ports) in sorted(found.items(), key=lambda item: (item[0].version, int(item[0]))):
        yield endpoint, tuple(sorted(ports))


def _add_external(owned: Owned, own: Name, target: str) -> None:
    # What looks like an address leads nowhere, as Kubernetes says; too long a label passes the API.
    with suppress(ValueError):
        if not target.replace(".", "").isdecimal():
            owned[own] = {Kind.CNAME: (parse(target),)}


def _add_addresses(owned: Owned, name: Name, addresses: Iterable[IPAddress]) -> None:
    for address in dict.fromkeys(addresses):
        rrsets = owned.setdefault(name, {})
        kind = address_kind(address)
        rrsets[kind] = (*rrsets.get(kind, ()), address)


def _add_ports(owned: Owned, own: Name, places: Sequence[tuple[PortView, Name]]) -> None:
    """SRV records of named ports at _port._protocol; of all ports at the Service's own name, as CoreDNS."""
    named: dict[Name, list[tuple[int, Name]]] = {}
    for port, target in places:
        named.setdefault(own, []).append((port.number, target))
        if port.name:
            at = child(f"_{port.name}", child(f"_{port.protocol}", own))
            named.setdefault(at, []).append((port.number, target))
    for name, found in named.items():
        weight = max(100 // len(found), 1)
        servers = tuple(Srv(weight, number, target) for number, target in dict.fromkeys(found))
        owned.setdefault(name, {})[Kind.SRV] = servers
