"""The heartbeat's datagram: bytes <-> Beat, signed with HMAC-SHA-256 (RFC 2104).

All numbers are big-endian: version (1 byte), flags (1), length of the sender's name (1) and of the list of
records (1), incarnation, stamp, digest (8 each); where flag ECHO is set, an echo's incarnation and stamp
(8 each) and how long it was held (4); the name; each record: ident, version (8 each), state, how many
interfaces it has (1 each), how many it misses (2), the idents of those (8 each), and each interface: flags
(1: bit 0, whether it is steady, bit 1, whether IPv6 is off there), the length of its name (1), its MAC (6),
its name; and the signature of all that (32).

Not encrypted: who is on the LAN can read that node-3 is alive. That it was not replayed is for the membership
to see, by what it echoes.
"""

from __future__ import annotations

from hmac import compare_digest, digest
from struct import Struct, error
from typing import TYPE_CHECKING, Final

from baremetal_lb.model.membership import Beat, Echo, Ignored, MemberState, Record, Uplink

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

VERSION: Final = 2
MOST: Final = 1472  # bytes; more does not come from us
_ANSWER, _ECHO_FOLLOWS = 1, 2
_SIGNATURE: Final = 32
_HEAD: Final = Struct("!BBBBQQQ")
_ECHO: Final = Struct("!QQI")
_RECORD: Final = Struct("!QQBBH")
_UPLINK: Final = Struct("!BB6s")
_STEADY, _IPV6_OFF = 1, 2
_MOST_HELD: Final = 0xFFFFFFFF


class Unreadable(ValueError):
    """A datagram that is no heartbeat of ours; `why` is for counting."""

    def __init__(self, why: Ignored) -> None:
        super().__init__(f"not a heartbeat: {why}")
        self.why = why


def pack(beat: Beat, key: bytes) -> bytes:
    """The signed datagram."""
    name = beat.sender.encode()
    flags = (_ANSWER if beat.answer else 0) | (_ECHO_FOLLOWS if beat.echo else 0)
    parts = [
        _HEAD.pack(VERSION, flags, len(name), len(beat.records), beat.incarnation, beat.stamp, beat.digest)
    ]
    if beat.echo is not None:
        held = min(beat.echo.held, _MOST_HELD)
        parts.append(_ECHO.pack(beat.echo.incarnation, beat.echo.stamp, held))
    parts.append(name)
    for record in beat.records:
        missing = sorted(record.missing)
        counts = len(record.uplinks), len(missing)
        parts.append(_RECORD.pack(record.ident, record.version, record.state, *counts))
        parts.append(Struct(f"!{len(missing)}Q").pack(*missing))
        for each in record.uplinks:
            interface = each.name.encode(errors="replace")
            marks = (_STEADY if each.steady else 0) | (0 if each.ipv6 else _IPV6_OFF)
            parts.append(_UPLINK.pack(marks, len(interface), each.mac) + interface)
    body = b"".join(parts)
    return body + digest(key, body, "sha256")


def unpack(datagram: bytes, keys: Sequence[bytes]) -> Beat:
    """The heartbeat, if one of the keys has signed it; else Unreadable. Nothing unsigned is looked into."""
    if not datagram or datagram[0] != VERSION:
        raise Unreadable(Ignored.VERSION if datagram else Ignored.MALFORMED)
    if not _HEAD.size + _SIGNATURE < len(datagram) <= MOST:
        raise Unreadable(Ignored.MALFORMED)
    body, signature = datagram[:-_SIGNATURE], datagram[-_SIGNATURE:]
    if not any(compare_digest(digest(key, body, "sha256"), signature) for key in keys):
        raise Unreadable(Ignored.SIGNATURE)
    try:
        return _read(body)
    except (error, ValueError) as exc:  # ValueError: a state unknown, a name that is not UTF-8
        raise Unreadable(Ignored.MALFORMED) from exc


def _read(body: bytes) -> Beat:
    _, flags, name_length, count, incarnation, stamp, known = _HEAD.unpack_from(body)
    at = _HEAD.size
    echo = None
    if flags & _ECHO_FOLLOWS:
        echo = Echo(*_ECHO.unpack_from(body, at))
        at += _ECHO.size
    name = body[at : at + name_length].decode()
    records = tuple(_records(body, at + name_length, count))
    return Beat(name, incarnation, stamp, echo, known, records, bool(flags & _ANSWER))


def _records(body: bytes, at: int, count: int) -> Iterator[Record]:
    for _ in range(count):
        ident, version, state, interfaces, misses = _RECORD.unpack_from(body, at)
        at += _RECORD.size
        missing = Struct(f"!{misses}Q").unpack_from(body, at)
        at += misses * 8
        uplinks = []
        for _ in range(interfaces):
            marks, length, mac = _UPLINK.unpack_from(body, at)
            at += _UPLINK.size + length
            name = body[at - length : at].decode()
            uplinks.append(Uplink(name, mac, bool(marks & _STEADY), not marks & _IPV6_OFF))
        yield Record(ident, version, MemberState(state), frozenset(missing), tuple(uplinks))
    if at != len(body):
        message = f"{len(body) - at} bytes after the last record"
        raise ValueError(message)
