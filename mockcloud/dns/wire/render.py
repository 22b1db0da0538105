"""An answer -> its bytes, assembled once, with the places where it may be cut.

Not by dnspython, which takes 100 us a record: an answer about 100 pods would hold up all others for 10 ms.
What it reads back must be what was decided; the tests hold every answer to that.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from mockcloud.dns.decide.answer import Answer, Record
from mockcloud.dns.decide.names import ROOT, Name, upwards
from mockcloud.dns.decide.records import Data, Soa, Srv
from mockcloud.dns.wire.query import CLASS_IN, HEADER, QR, Query

# A SOA's times for secondaries, of which there are none: those that CoreDNS says.
REFRESH: Final = 7200
RETRY: Final = 1800
EXPIRE: Final = 86400
AA: Final = 0x04
RA: Final = 0x80
MOST_BYTES: Final = 65535
POINTER: Final = 0xC000
FARTHEST: Final = 0x3FFF  # what a pointer reaches (RFC 1035 4.1.4)


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
    assembly = _Assembly(query)
    answers = assembly.add(answer.records)
    authority = assembly.add(answer.authority)
    authority_end = len(assembly.wire)
    additional = assembly.add(answer.additional)
    flags = bytes([QR | (AA if answer.authoritative else 0), answer.rcode | (RA if recursive else 0)])
    counts = (len(answers), len(authority), len(additional))
    sizes = b"".join(count.to_bytes(2) for count in (1, *counts))
    assembly.wire[2:HEADER] = flags + sizes
    return Rendered(bytes(assembly.wire), HEADER + len(query.name) + 4, answers, authority_end, counts)


class _Assembly:
    """A message as it grows, and the places in it that later names can point to."""

    def __init__(self, query: Query) -> None:
        self.wire = bytearray(HEADER)
        self._places: dict[Name, int] = {}
        self._full = False
        self._name(query.name)
        self.wire += query.kind.to_bytes(2) + CLASS_IN

    def add(self, records: tuple[Record, ...]) -> tuple[int, ...]:
        """Where each of the records ends, as long as they fit; after one that does not none is added."""
        ends: list[int] = []
        for record in records:
            start = len(self.wire)
            if not self._full:
                self._record(record)
            if self._full or len(self.wire) > MOST_BYTES:
                self._full = True
                del self.wire[start:]
                break
            ends.append(len(self.wire))
        return tuple(ends)

    def _record(self, record: Record) -> None:
        self._name(record.owner)
        self.wire += record.kind.to_bytes(2) + CLASS_IN + record.ttl.to_bytes(4) + bytes(2)
        start = len(self.wire)
        self._data(record.data)
        self.wire[start - 2 : start] = (len(self.wire) - start).to_bytes(2)

    def _data(self, data: Data) -> None:
        match data:
            case IPv4Address() | IPv6Address():
                self.wire += data.packed
            case Srv(weight, port, target):
                self.wire += bytes(2) + weight.to_bytes(2) + port.to_bytes(2)
                self._name(target, whole=True)  # RFC 2782
            case Soa():
                self._name(data.primary)
                self._name(data.mailbox)
                times = (data.serial, REFRESH, RETRY, EXPIRE, data.minimum)
                self.wire += b"".join(each.to_bytes(4) for each in times)
            case str():
                self.wire += bytes([len(data)]) + data.encode()
            case bytes():
                self._name(data)

    def _name(self, name: Name, *, whole: bool = False) -> None:
        """The name, or as much of it as is not there already and a pointer to the rest (RFC 1035 4.1.4)."""
        for each in upwards(name):
            place = self._places.get(each)
            if place is not None and not whole:
                self.wire += (POINTER | place).to_bytes(2)
                return
            if place is None and each != ROOT and len(self.wire) <= FARTHEST:
                self._places[each] = len(self.wire)
            self.wire += each[: 1 + each[0]]
