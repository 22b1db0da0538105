"""A question -> its answer, with what the answer depends on. Pure."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from mockcloud.dns.decide.names import ROOT, Name, first_label, parent_of
from mockcloud.dns.decide.records import Data, Kind, RRsets, Srv, address_kind, undashed
from mockcloud.dns.decide.zone import Zone

MOST_ALIASES: Final = 8
ANY: Final = 255
SCHEMA_TTL: Final = 28800  # the schema's version does not change while the server runs


class Rcode(IntEnum):
    """Response codes (RFC 1035 4.1.1, RFC 6891 9)."""

    NOERROR = 0
    FORMERR = 1
    SERVFAIL = 2
    NXDOMAIN = 3
    NOTIMP = 4
    REFUSED = 5
    BADVERS = 16


@dataclass(frozen=True, slots=True)
class Record:
    """One resource record of class IN; `ttl` in seconds."""

    owner: Name
    kind: Kind
    ttl: int
    data: Data


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say. It holds until one of the names in `depends` changes."""

    rcode: Rcode
    records: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()
    authoritative: bool = True
    depends: frozenset[Name] = frozenset()
    elsewhere: Name | None = None  # the rest is known by others: ask them, where there is somebody to ask


@dataclass(slots=True)
class _Search:
    """One question on its way through aliases."""

    zone: Zone
    kind: int
    upstream: bool
    records: list[Record] = field(default_factory=list)
    depends: set[Name] = field(default_factory=set)

    def run(self, name: Name) -> Answer:
        seen: set[Name] = set()
        while name not in seen and len(seen) <= MOST_ALIASES:
            seen.add(name)
            self.depends.add(name)
            top = self.zone.zone_of(name)
            if top is None or self._falls_through(name, top):
                return self._elsewhere(name)
            rrsets = self._at(name, top)
            alias = rrsets.get(Kind.CNAME)
            if not alias or self.kind in (Kind.CNAME, ANY):
                return self._here(name, top, rrsets)
            self._add(name, Kind.CNAME, alias)
            name = _name(alias[0])
        return self._answer(Rcode.NOERROR)  # aliases in a circle: what was found, as resolvers do

    def _falls_through(self, name: Name, top: Name) -> bool:
        """Addresses without a record here may have one elsewhere, as kubeadm's Corefile says."""
        return self.upstream and top != self.zone.facts.domain and not self.zone.exists(name)

    def _at(self, name: Name, top: Name) -> RRsets:
        if name == top:
            return {**self.zone.at(name), Kind.SOA: (self.zone.soa(top),)}
        return dict(self.zone.at(name)) or self._pod(name)

    def _pod(self, name: Name) -> RRsets:
        """a-b-c-d.<ns>.pod.<zone>: the address that the name itself says, as CoreDNS' `pods insecure`."""
        namespace = parent_of(name)
        if namespace == ROOT or parent_of(namespace) != self.zone.pods:
            return {}
        self.depends.add(namespace)
        address = undashed(first_label(name)) if self.zone.exists(namespace) else None
        return {} if address is None else {address_kind(address): (address,)}

    def _here(self, name: Name, top: Name, rrsets: RRsets) -> Answer:
        kinds = [kind for kind in sorted(rrsets) if self.kind in (kind, ANY)]
        for kind in kinds[:1]:  # one of them is enough for ANY (RFC 8482 4.1)
            self._add(name, kind, rrsets[kind])
            return self._answer(Rcode.NOERROR, additional=self._addresses(kind, rrsets[kind]))
        if not self.zone.complete:
            return self._answer(Rcode.SERVFAIL)
        exists = bool(rrsets) or self.zone.exists(name)
        return self._negative(Rcode.NOERROR if exists else Rcode.NXDOMAIN, top)

    def _elsewhere(self, name: Name) -> Answer:
        if self.upstream or self.records:
            return self._answer(Rcode.NOERROR, elsewhere=name, authoritative=bool(self.records))
        # A network without a way out: nothing is outside.
        return self._negative(Rcode.NXDOMAIN, ROOT)

    def _negative(self, rcode: Rcode, top: Name) -> Answer:
        soa = self.zone.soa(top)
        authority = (Record(top, Kind.SOA, soa.minimum, soa),)  # RFC 2308 3
        return self._answer(rcode, authority=authority, authoritative=top != ROOT)

    def _answer(
        self,
        rcode: Rcode,
        *,
        authority: tuple[Record, ...] = (),
        additional: tuple[Record, ...] = (),
        elsewhere: Name | None = None,
        authoritative: bool = True,
    ) -> Answer:
        records, depends = tuple(self.records), frozenset(self.depends)
        return Answer(rcode, records, authority, additional, authoritative, depends, elsewhere)

    def _add(self, owner: Name, kind: Kind, data: tuple[Data, ...]) -> None:
        self.records += self._rrset(owner, kind, data)

    def _rrset(self, owner: Name, kind: Kind, data: tuple[Data, ...]) -> list[Record]:
        ttl = SCHEMA_TTL if kind is Kind.TXT else self.zone.facts.ttl
        return [Record(owner, kind, ttl, each) for each in data]

    def _addresses(self, kind: Kind, data: tuple[Data, ...]) -> tuple[Record, ...]:
        """The addresses of the servers that the records lead to, so that nobody must ask again."""
        servers = data if kind is Kind.NS else (each.target for each in data if isinstance(each, Srv))
        targets = dict.fromkeys(_name(each) for each in servers)
        self.depends |= targets.keys()
        return tuple(
            record
            for target in targets
            for kind, found in self.zone.at(target).items()
            if kind in (Kind.A, Kind.AAAA)
            for record in self._rrset(target, kind, found)
        )


def answer(zone: Zone, name: Name, kind: int, *, upstream: bool) -> Answer:
    """What the zone says to a question of class IN; `upstream`: others can be asked about their names."""
    return _Search(zone, kind, upstream).run(name)


def _name(data: Data) -> Name:
    assert isinstance(data, bytes)
    return data
