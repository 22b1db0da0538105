"""A message -> a question, or why it is none and what to say to that (RFC 1035, RFC 6891).

What resolvers send all day long, one question and at most an OPT record without options, is read here, in a
tenth of the time; whatever is otherwise is for dnspython to judge.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype

from mockcloud.dns.decide.answer import Rcode
from mockcloud.dns.decide.names import MOST_BYTES, MOST_LABEL, Name

HEADER: Final = 12
QR: Final = 0x80
OPCODE: Final = 0x78
RD: Final = 0x01
ONE_QUESTION: Final = b"\0\1\0\0\0\0\0\0"  # the header's counts
QUESTION_AND_OPT: Final = b"\0\1\0\0\0\0\0\1"
CLASS_IN: Final = b"\0\1"
OPT: Final = b"\0\0\x29"  # the root's name and the type of an OPT record
NONE: Final = b"\0\0"
DO: Final = 0x80  # the first bit of an OPT record's flags
PAYLOAD: Final = 1232  # what fits into one packet anywhere, and so what is said and sent at most
PLAIN_PAYLOAD: Final = 512  # RFC 1035 2.3.4
TRANSFERS: Final = frozenset({dns.rdatatype.AXFR, dns.rdatatype.IXFR})


class Fault(StrEnum):
    """Why a message got no answer, or no more than a code."""

    SHORT = "shorter than a header"
    RESPONSE = "a response"  # whoever answers these can be made to talk to itself for ever
    OPCODE = "another operation than a query"
    QUESTIONS = "not exactly one question"
    MALFORMED = "malformed"
    EDNS_VERSION = "an EDNS version that is not 0"
    CLASS = "another class than IN"
    TRANSFER = "a zone transfer"
    UNSENT = "a reply that the kernel did not take"


@dataclass(frozen=True, slots=True)
class Edns:
    """What the client says of itself (RFC 6891 6.1.2); `payload` in bytes."""

    payload: int
    dnssec: bool  # the DO bit, which an answer repeats (RFC 3225)


@dataclass(frozen=True, slots=True)
class Query:
    """One question of class IN; `name` in lower case."""

    name: Name
    kind: int
    edns: Edns | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that gets `reply`, or nothing where that is None."""

    fault: Fault
    reply: bytes | None


def read(packet: bytes) -> Query | Refusal:
    """The packet's question. It never raises, whatever the bytes are."""
    if len(packet) < HEADER:
        return Refusal(Fault.SHORT, None)
    if packet[2] & QR:
        return Refusal(Fault.RESPONSE, None)
    if packet[2] & OPCODE:
        return Refusal(Fault.OPCODE, bare(packet, Rcode.NOTIMP))
    if packet[4:6] != b"\0\1":
        return Refusal(Fault.QUESTIONS, bare(packet, Rcode.FORMERR))
    return usual(packet) or unusual(packet)


def usual(packet: bytes) -> Query | None:
    """The question of the plainest sort of message; None where it is of another sort, or no good."""
    end = _name_end(packet)
    tail = packet[end:]
    kind = int.from_bytes(tail[:2])
    if not end or tail[2:4] != CLASS_IN or kind in TRANSFERS:
        return None
    name, counts = packet[HEADER:end].lower(), packet[4:HEADER]
    if counts == ONE_QUESTION and len(tail) == 4:
        return Query(name, kind, None)
    if (
        counts == QUESTION_AND_OPT
        and len(tail) == 15
        and tail[4:7] == OPT
        and not tail[10]
        and tail[13:] == NONE
    ):
        return Query(name, kind, Edns(int.from_bytes(tail[7:9]), dnssec=bool(tail[11] & DO)))
    return None


def _name_end(packet: bytes) -> int:
    """Where the question's name ends; 0 where it is compressed, cut off or too long."""
    end = HEADER
    while end < len(packet) and packet[end] <= MOST_LABEL:
        if packet[end] == 0:
            return end + 1 if end + 1 - HEADER <= MOST_BYTES else 0
        end += 1 + packet[end]
    return 0


def unusual(packet: bytes) -> Query | Refusal:
    """The question of any message that has one of ours, or the refusal."""
    try:
        message = dns.message.from_wire(packet)
    except (dns.exception.DNSException, ValueError):
        return Refusal(Fault.MALFORMED, bare(packet, Rcode.FORMERR))
    return _judged(packet, message)


def wire_name(name: dns.name.Name) -> Name:
    """Our form of a name."""
    return (name.to_wire() or b"").lower()


def bare(packet: bytes, rcode: Rcode) -> bytes:
    """A header alone: what can be said to a message whose rest was not understood."""
    return packet[:2] + bytes([QR | packet[2] & (OPCODE | RD), rcode]) + bytes(8)


def _judged(packet: bytes, message: dns.message.Message) -> Query | Refusal:
    question = message.question[0]
    name = wire_name(question.name)
    if packet[HEADER : HEADER + len(name)].lower() != name:  # a pointer into the header
        return Refusal(Fault.MALFORMED, bare(packet, Rcode.FORMERR))
    if message.edns > 0:
        return Refusal(Fault.EDNS_VERSION, _refused(message, Rcode.BADVERS))
    if question.rdclass != dns.rdataclass.IN:
        return Refusal(Fault.CLASS, _refused(message, Rcode.REFUSED))
    if question.rdtype in TRANSFERS:
        return Refusal(Fault.TRANSFER, _refused(message, Rcode.REFUSED))
    edns = None
    if message.edns == 0:
        edns = Edns(message.payload, bool(message.ednsflags & dns.flags.DO))
    return Query(name, int(question.rdtype), edns)


def _refused(message: dns.message.Message, rcode: Rcode) -> bytes:
    response = dns.message.make_response(message, our_payload=PAYLOAD)
    response.set_rcode(dns.rcode.Rcode.make(int(rcode)))
    return response.to_wire()
