"""Responses as they are assembled, read back by dnspython."""

from ipaddress import IPv4Address, IPv6Address

import dns.flags
import dns.message
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.dns.decide.answer import Answer, Rcode, Record
from mockcloud.dns.decide.names import parse, text
from mockcloud.dns.decide.records import Kind, Soa, Srv
from mockcloud.dns.wire.query import Query
from mockcloud.dns.wire.render import render

# Few labels, so that names have ends in common and point to each other.
NAMES = st.lists(st.sampled_from(["a", "b", "web", "x" * 63]), max_size=3).map(".".join).map(parse)
NUMBERS = st.integers(0, 65535)
DATA = {
    Kind.A: st.builds(IPv4Address, st.integers(0, 2**32 - 1)),
    Kind.AAAA: st.builds(
        IPv6Address, st.integers(2**125, 2**128 - 1)
    ),  # dnspython writes ::1:0 in another way
    Kind.NS: NAMES,
    Kind.CNAME: NAMES,
    Kind.PTR: NAMES,
    Kind.TXT: st.text("abc 1.", max_size=255),
    Kind.SRV: st.builds(Srv, NUMBERS, NUMBERS, NAMES),
    Kind.SOA: st.builds(Soa, NAMES, NAMES, st.integers(0, 2**32 - 1), NUMBERS),
}
RECORDS = st.sampled_from(Kind).flatmap(
    lambda kind: st.builds(Record, NAMES, st.just(kind), st.integers(0, 2**31 - 1), DATA[kind])
)
SECTIONS = st.lists(RECORDS, max_size=5).map(tuple)


def written(record):
    """A record as dnspython would write it."""
    match record.data:
        case Srv(weight, port, target):
            data = f"0 {weight} {port} {text(target)}"
        case Soa(primary, mailbox, serial, minimum):
            data = f"{text(primary)} {text(mailbox)} {serial} 7200 1800 86400 {minimum}"
        case bytes():
            data = text(record.data)
        case str():
            data = f'"{record.data}"'
        case _:
            data = str(record.data)
    return f"{text(record.owner)} {record.ttl} IN {record.kind.name} {data}"


def read(wire, section):
    """The records of a section, one by one and as they stand."""
    message = dns.message.from_wire(wire, one_rr_per_rrset=True)
    return [str(rrset) for rrset in (message.answer, message.authority, message.additional)[section]]


@given(NAMES, SECTIONS, SECTIONS, SECTIONS)
def test_what_is_read_is_what_was_decided(name, answers, authority, additional):
    """Every section, every type, names that point to each other in any way."""
    answer = Answer(Rcode.NOERROR, answers, authority, additional)

    rendered = render(Query(name, 1, None), answer, recursive=False)

    for section, records in enumerate((answers, authority, additional)):
        assert read(rendered.wire, section) == [written(record) for record in records]
    assert rendered.counts == (len(answers), len(authority), len(additional))


@given(NAMES, SECTIONS)
def test_a_response_can_be_cut_after_any_record(name, answers):
    """What is before points to nothing behind."""
    rendered = render(Query(name, 1, None), Answer(Rcode.NOERROR, answers), recursive=False)

    for count, end in enumerate(rendered.ends, 1):
        cut = rendered.wire[:6] + count.to_bytes(2) + rendered.wire[8:end]
        assert read(cut, 0) == [written(record) for record in answers[:count]]


def test_flags_are_as_decided():
    """AA for what is ours, RA where somebody can be asked, and the code."""
    query = Query(parse("web"), 1, None)

    ours = dns.message.from_wire(render(query, Answer(Rcode.NXDOMAIN), recursive=False).wire)
    others = dns.message.from_wire(
        render(query, Answer(Rcode.SERVFAIL, authoritative=False), recursive=True).wire
    )

    assert (ours.flags & ~0xF, ours.rcode()) == (dns.flags.QR | dns.flags.AA, Rcode.NXDOMAIN)
    assert (others.flags & ~0xF, others.rcode()) == (dns.flags.QR | dns.flags.RA, Rcode.SERVFAIL)


def test_names_beyond_the_reach_of_a_pointer_are_written_out():
    """A pointer has 14 bits: what stands behind 16 KiB cannot be pointed to (RFC 1035 4.1.4)."""
    many = tuple(
        Record(parse(f"n{number}.example"), Kind.PTR, 1, parse(f"m{number}.other")) for number in range(1500)
    )

    rendered = render(Query(parse("example"), 12, None), Answer(Rcode.NOERROR, many), recursive=False)

    assert len(rendered.wire) > 0x4000
    assert read(rendered.wire, 0) == [written(record) for record in many]
