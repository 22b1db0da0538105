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
    """The response in that shape."""
    wire, opt = rendered.wire, shape.opt
    cut = _cut(rendered, shape.limit - len(opt))
    start, stations = _ring(rendered, answer)
    stop = rendered.ends[-1] if stations else start
    fixed = rendered.counts[0] - stations
    shown = max(cut.answers - fixed, 0)
    flags = bytes([wire[2] | (TC if cut.truncated else 0), wire[3]])
    counts = (1, cut.answers, cut.authority, cut.additional + bool(opt))
    return Prepared(
        flags=flags,
        counts=b"".join(count.to_bytes(2) for count in counts),
        before=wire[rendered.question_end - 4 : min(start, cut.end)],
        ring=wire[start:stop] * 2 if stations > 1 else wire[start:stop] if shown else b"",
        width=(stop - start) // max(stations, 1),
        stations=stations,
        shown=shown,
        after=wire[stop : cut.end] + opt,
    )


@dataclass(frozen=True, slots=True)
class _Cut:
    """How much of a response there is room for: up to `end`, with so many records of each section."""

    end: int
    answers: int
    authority: int
    additional: int
    truncated: bool = False


def _cut(rendered: Rendered, room: int) -> _Cut:
    """All; else without the additional records; else as many answers as fit, with TC.

    Only what must not be missed sets TC (RFC 2181 9).
    """
    answers, authority, additional = rendered.counts
    if len(rendered.wire) <= room:
        return _Cut(len(rendered.wire), answers, authority, additional)
    if rendered.authority_end <= room:
        return _Cut(rendered.authority_end, answers, authority, 0)
    ends = [end for end in rendered.ends if end <= room]
    return _Cut(ends[-1] if ends else rendered.question_end, len(ends), 0, 0, truncated=True)


def _ring(rendered: Rendered, answer: Answer) -> tuple[int, int]:
    """Where the addresses at the end of the answer section begin, and how many these are."""
    stations = 0
    for record in reversed(answer.records[: rendered.counts[0]]):
        if record.kind not in ADDRESSES:
            break
        stations += 1
    fixed = rendered.counts[0] - stations
    return (rendered.ends[fixed - 1] if fixed else rendered.question_end), stations
