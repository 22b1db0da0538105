"""A rendered answer, cut to what the client takes; then each reply is a join of a few slices."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from mockcloud.dns.decide.answer import Answer
from mockcloud.dns.decide.records import Kind
from mockcloud.dns.wire.query import HEADER, PAYLOAD, PLAIN_PAYLOAD, RD, Query
from mockcloud.dns.wire.render import Rendered

TC: Final = 0x02
DO: Final = 0x8000
OPT_BYTES: Final = 11
MOST_BYTES: Final = 65535
ADDRESSES: Final = (Kind.A, Kind.AAAA)


class Shape(IntEnum):
    """All that an answer's form depends on beside the question: the transport and the client's EDNS."""

    PLAIN = 0  # UDP without EDNS: 512 bytes
    SMALL = 1  # UDP with EDNS, and less than our 1232 bytes
    SMALL_DO = 2
    LARGE = 3
    LARGE_DO = 4
    STREAM = 5  # TCP
    STREAM_EDNS = 6
    STREAM_DO = 7

    @property
    def limit(self) -> int:
        """How many bytes a response may have."""
        if self >= Shape.STREAM:
            return MOST_BYTES
        return PAYLOAD if self >= Shape.LARGE else PLAIN_PAYLOAD

    @property
    def opt(self) -> bytes:
        """The OPT record that it ends with (RFC 6891 6.1.2): we take PAYLOAD bytes, and repeat DO."""
        if self in (Shape.PLAIN, Shape.STREAM):
            return b""
        dnssec = self in (Shape.SMALL_DO, Shape.LARGE_DO, Shape.STREAM_DO)
        return b"\0\0\x29" + PAYLOAD.to_bytes(2) + b"\0\0" + (DO if dnssec else 0).to_bytes(2) + b"\0\0"


def shape_of(query: Query, *, stream: bool) -> Shape:
    """The shape of the answer to that query."""
    if query.edns is None:
        return Shape.STREAM if stream else Shape.PLAIN
    if stream:
        return Shape.STREAM_DO if query.edns.dnssec else Shape.STREAM_EDNS
    base = Shape.LARGE if query.edns.payload >= PAYLOAD else Shape.SMALL
    return Shape(base + query.edns.dnssec)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A response but for its id, RD, and the case of its question; the addresses' order turns."""

    flags: bytes
    counts: bytes
    before: bytes  # from the question's type to the first of the addresses that turn
    ring: bytes  # these addresses, twice over, so that any turn is one slice
    width: int  # bytes of one
    stations: int  # how many there are: 0 or 1 does not turn
    shown: int  # how many fit
    after: bytes

    def reply(self, packet: bytes, end: int, turn: float) -> bytes:
        """The response to a query whose question's name ends at `end`; `turn` in [0, 1) is the addresses'."""
        flags = self.flags
        if packet[2] & RD:
            flags = bytes([flags[0] | RD, flags[1]])
        return b"".join(
            (packet[:2], flags, self.counts, packet[HEADER:end], self.before, self._ring(turn), self.after)
        )

    def _ring(self, turn: float) -> bytes:
        if self.stations < 2:
            return self.ring
        start = int(turn * self.stations) * self.width
        return self.ring[start : start + self.shown * self.width]


def prepare(rendered: Rendered, answer: Answer, shape: Shape) -> Prepared:
    """The response in that shape: without its additional records where these don't fit, else cut, with TC.

    Only what must not be missed sets TC (RFC 2181 9).
    """
    opt = shape.opt
    room = shape.limit - len(opt)
    answers, authority, additional = rendered.counts
    end, truncated = len(rendered.wire), False
    if end > room:
        end, additional = rendered.authority_end, 0
    if end > room:
        answers, authority, truncated = sum(end <= room for end in rendered.ends), 0, True
    flags = bytes([rendered.wire[2] | (TC if truncated else 0), rendered.wire[3]])
    sizes = (1, answers, authority, additional + bool(opt))
    counts = b"".join(size.to_bytes(2) for size in sizes)
    wire, (start, stations) = rendered.wire, _ring(rendered, answer)
    name_end = rendered.question_end - 4
    stop = rendered.ends[-1] if stations else start
    width = (stop - start) // stations if stations else 0
    fixed = rendered.counts[0] - stations
    shown = max(answers - fixed, 0)
    after = b"" if truncated else wire[stop:end]
    before_end = (
        start if answers >= fixed else rendered.ends[answers - 1] if answers else rendered.question_end
    )
    ring = wire[start:stop] * 2 if stations > 1 else wire[start : start + shown * width]
    return Prepared(flags, counts, wire[name_end:before_end], ring, width, stations, shown, after + opt)


def _ring(rendered: Rendered, answer: Answer) -> tuple[int, int]:
    """Where the addresses at the end of the answer section begin, and how many these are."""
    stations = 0
    for record in reversed(answer.records[: rendered.counts[0]]):
        if record.kind not in ADDRESSES:
            break
        stations += 1
    fixed = rendered.counts[0] - stations
    return (rendered.ends[fixed - 1] if fixed else rendered.question_end), stations
