"""An answer -> its bytes, rendered once by dnspython, with the places where it may be cut."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

import dns.flags
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.CNAME
import dns.rdtypes.ANY.NS
import dns.rdtypes.ANY.PTR
import dns.rdtypes.ANY.SOA
import dns.rdtypes.ANY.TXT
import dns.rdtypes.IN.A
import dns.rdtypes.IN.AAAA
import dns.rdtypes.IN.SRV
import dns.renderer
import dns.rrset

from mockcloud.dns.decide.answer import Answer, Record
from mockcloud.dns.decide.names import Name
from mockcloud.dns.decide.records import Kind, Soa, Srv
from mockcloud.dns.wire.query import HEADER, Query

# A SOA's times for secondaries, of which there are none: those that CoreDNS says.
REFRESH: Final = 7200
RETRY: Final = 1800
EXPIRE: Final = 86400
IN: Final = dns.rdataclass.IN
_POINTING: Final = {
    Kind.NS: dns.rdtypes.ANY.NS.NS,
    Kind.CNAME: dns.rdtypes.ANY.CNAME.CNAME,
    Kind.PTR: dns.rdtypes.ANY.PTR.PTR,
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A whole response without EDNS; RD is clear and the id 0."""

    wire: bytes
    question_end: int
    ends: tuple[int, ...]  # where each record of the answer section ends
    authority_end: int
    counts: tuple[int, int, int]  # answer, authority, additional


def render(query: Query, answer: Answer, *, recursive: bool) -> Rendered:
    """The response; records beyond 64 KiB are left out."""
    flags = dns.flags.QR | answer.rcode
    flags |= dns.flags.AA if answer.authoritative else 0
    flags |= dns.flags.RA if recursive else 0
    renderer = dns.renderer.Renderer(id=0, flags=flags)
    renderer.add_question(dns_name(query.name), dns.rdatatype.RdataType.make(query.kind))
    ends = _add(renderer, dns.renderer.ANSWER, answer.records)
    counts = [len(ends)]
    places = [renderer.output.tell()]
    for section, records in (
        (dns.renderer.AUTHORITY, answer.authority),
        (dns.renderer.ADDITIONAL, answer.additional),
    ):
        counts.append(len(_add(renderer, section, records)))
        places.append(renderer.output.tell())
    renderer.write_header()
    return Rendered(
        renderer.get_wire(), HEADER + len(query.name) + 4, ends, places[1], (counts[0], counts[1], counts[2])
    )


def dns_name(name: Name) -> dns.name.Name:
    """dnspython's form of a name."""
    return dns.name.from_wire(name, 0)[0]


def rrset(record: Record) -> dns.rrset.RRset:
    """dnspython's form of a record."""
    return dns.rrset.from_rdata(dns_name(record.owner), record.ttl, _rdata(record))


def _add(renderer: dns.renderer.Renderer, section: int, records: tuple[Record, ...]) -> tuple[int, ...]:
    ends = []
    for record in records:
        try:
            renderer.add_rrset(section, rrset(record))
        except dns.exception.TooBig:
            break
        ends.append(renderer.output.tell())
    return tuple(ends)


def _rdata(record: Record) -> dns.rdata.Rdata:
    kind = dns.rdatatype.RdataType.make(int(record.kind))
    match record.data:
        case IPv4Address():
            return dns.rdtypes.IN.A.A(IN, kind, str(record.data))
        case IPv6Address():
            return dns.rdtypes.IN.AAAA.AAAA(IN, kind, str(record.data))
        case Srv(weight, port, target):
            return dns.rdtypes.IN.SRV.SRV(IN, kind, 0, weight, port, dns_name(target))
        case Soa():
            return _soa(record.data)
        case str():
            return dns.rdtypes.ANY.TXT.TXT(IN, kind, [record.data])
        case bytes():
            return _POINTING[record.kind](IN, kind, dns_name(record.data))


def _soa(soa: Soa) -> dns.rdata.Rdata:
    names = dns_name(soa.primary), dns_name(soa.mailbox)
    return dns.rdtypes.ANY.SOA.SOA(
        IN, dns.rdatatype.SOA, *names, soa.serial, REFRESH, RETRY, EXPIRE, soa.minimum
    )
