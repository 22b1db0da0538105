"""Messages as they come: good ones, odd ones, hostile ones."""

import dns.edns
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.dns.decide.names import parse
from mockcloud.dns.wire.query import Edns, Fault, Query, Refusal, read, unusual, usual

NAME = "web.default.svc.cluster.local"
GOOD = dns.message.make_query(NAME, "A", use_edns=0, payload=4096).to_wire()


def made(*, kind="A", rdclass="IN", **options):
    return dns.message.make_query(NAME, kind, rdclass, **options)


@pytest.mark.parametrize(
    ("message", "query"),
    [
        pytest.param(made(), Query(parse(NAME), 1, None), id="plain"),
        pytest.param(made(kind="TYPE65"), Query(parse(NAME), 65, None), id="type-without-a-name-here"),
        pytest.param(
            made(use_edns=0, payload=4096), Query(parse(NAME), 1, Edns(4096, dnssec=False)), id="edns"
        ),
        pytest.param(
            made(want_dnssec=True, payload=1400), Query(parse(NAME), 1, Edns(1400, dnssec=True)), id="do"
        ),
        pytest.param(
            made(use_edns=0, payload=512, options=[dns.edns.GenericOption(65001, b"junk")]),
            Query(parse(NAME), 1, Edns(512, dnssec=False)),
            id="unknown-option-is-ignored",
        ),
        pytest.param(
            made(use_edns=0, payload=512, options=[dns.edns.CookieOption(b"12345678", b"")]),
            Query(parse(NAME), 1, Edns(512, dnssec=False)),
            id="cookie-is-ignored",
        ),
    ],
)
def test_a_question_is_read(message, query):
    """Name, type and what the client says of itself."""
    assert read(message.to_wire()) == query


def test_letters_are_lowered_and_no_other_bytes():
    """RFC 4343: a name is one name in any case."""
    assert read(dns.message.make_query("WEB.Default.svc.cluster.LOCAL", "A").to_wire()).name == parse(NAME)


def with_opcode(opcode):
    message = made()
    message.set_opcode(opcode)
    return message.to_wire()


@pytest.mark.parametrize(
    ("packet", "fault", "rcode"),
    [
        pytest.param(b"", Fault.SHORT, None, id="empty"),
        pytest.param(GOOD[:11], Fault.SHORT, None, id="short"),
        pytest.param(GOOD[:2] + b"\x80" + GOOD[3:], Fault.RESPONSE, None, id="response"),
        pytest.param(with_opcode(dns.opcode.STATUS), Fault.OPCODE, "NOTIMP", id="status"),
        pytest.param(GOOD[:2] + b"\x28" + GOOD[3:], Fault.OPCODE, "NOTIMP", id="update"),
        pytest.param(GOOD[:2] + b"\x20" + GOOD[3:], Fault.OPCODE, "NOTIMP", id="notify"),
        pytest.param(GOOD[:4] + bytes(8), Fault.QUESTIONS, "FORMERR", id="no-question"),
        pytest.param(GOOD[:5] + b"\2" + GOOD[6:], Fault.QUESTIONS, "FORMERR", id="two-questions"),
        pytest.param(GOOD[:20], Fault.MALFORMED, "FORMERR", id="cut"),
        pytest.param(GOOD + b"x", Fault.MALFORMED, "FORMERR", id="more-behind-it"),
        pytest.param(GOOD[:12] + b"\xc0\x0c\0\1\0\1", Fault.MALFORMED, "FORMERR", id="pointer-to-itself"),
        pytest.param(
            b"\0\0\1\0\0\1\0\0\0\0\0\0\xc0\x02\0\1\0\1", Fault.MALFORMED, "FORMERR", id="pointer-into-header"
        ),
        pytest.param(made(rdclass="CH", kind="TXT").to_wire(), Fault.CLASS, "REFUSED", id="chaos"),
        pytest.param(made(kind="AXFR").to_wire(), Fault.TRANSFER, "REFUSED", id="transfer"),
        pytest.param(made(kind="IXFR").to_wire(), Fault.TRANSFER, "REFUSED", id="incremental-transfer"),
        pytest.param(made(use_edns=1).to_wire(), Fault.EDNS_VERSION, "BADVERS", id="edns-version"),
    ],
)
def test_what_is_no_question_for_us_has_a_reason(packet, fault, rcode):
    """Each with its fault, and the code that the client is told, if it is told anything."""
    refusal = read(packet)

    assert isinstance(refusal, Refusal)
    assert refusal.fault is fault
    assert (refusal.reply is None) == (rcode is None)
    if refusal.reply:
        reply = dns.message.from_wire(refusal.reply)
        assert dns.rcode.to_text(reply.rcode()) == rcode
        assert reply.id == int.from_bytes(packet[:2])
        assert reply.flags & dns.flags.QR


def test_two_opt_records_are_one_too_many():
    """RFC 6891 6.1.1."""
    opt = GOOD[-11:]

    assert read(GOOD[:11] + b"\2" + GOOD[12:] + opt).fault is Fault.MALFORMED


def mutated(draw):
    packet = bytearray(draw(st.sampled_from([GOOD, made().to_wire(), made(want_dnssec=True).to_wire()])))
    for _ in range(draw(st.integers(0, 6))):
        packet[draw(st.integers(0, len(packet) - 1))] = draw(st.integers(0, 255))
    return bytes(packet[: draw(st.integers(0, len(packet)))]) + draw(st.binary(max_size=8))


@given(st.one_of(st.binary(max_size=80), st.composite(mutated)()))
def test_no_bytes_make_it_raise(packet):
    """Whatever comes, a value is the result; a reply has the id of what it is to, and no reply gets one."""
    found = read(packet)

    if isinstance(found, Refusal):
        assert found.reply is None or (found.reply[:2] == packet[:2] and found.reply[2] & 0x80)
    else:
        assert usual(packet) in (None, unusual(packet))  # dnspython reads it the same way
        assert packet[12 : 12 + len(found.name)].lower() == found.name
        assert not packet[2] & 0x80
