"""SPDY/3.1 frames <-> bytes, as far as kubectl's port-forward needs them (draft-mbelshe-httpbis-spdy-00).

The peer is moby/spdystream: it sends no SETTINGS and keeps no flow-control windows (it relies on TCP), so
window updates are read and forgotten.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from mockcloud.node.streaming.protocols.spdy_dictionary import DICTIONARY

VERSION: Final = 3
MOST_CONTROL: Final = 16 << 10  # bytes of one control frame
MOST_HEADERS: Final = 64 << 10  # bytes of its headers, once inflated
MOST_DATA: Final = (1 << 24) - 1  # bytes of one data frame: its length has 24 bits
FIN: Final = 0x01
_HEAD: Final = struct.Struct(">II")
_ID: Final = 0x7FFF_FFFF
_CONTROL: Final = 0x8000_0000


class Type(IntEnum):
    """Types of control frames."""

    SYN_STREAM = 1
    SYN_REPLY = 2
    RST_STREAM = 3
    PING = 6
    GOAWAY = 7
    HEADERS = 8


class ResetStatus(IntEnum):
    """Why a stream is reset (section 2.6.3)."""

    PROTOCOL_ERROR = 1
    INVALID_STREAM = 2
    REFUSED_STREAM = 3
    CANCEL = 5
    INTERNAL_ERROR = 6


class SpdyError(ValueError):
    """The peer's bytes are no SPDY/3 that we can follow; the connection is of no more use."""


@dataclass(frozen=True, slots=True)
class SynStream:
    """The peer opens a stream; `fin` where it will send nothing on it."""

    stream: int
    headers: Mapping[str, str]
    fin: bool = False


@dataclass(frozen=True, slots=True)
class SynReply:
    """The peer accepts a stream of ours."""

    stream: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Data:
    """Some bytes of a stream: a data frame comes in as many of these as it arrives in pieces."""

    stream: int
    data: bytes
    fin: bool = False


@dataclass(frozen=True, slots=True)
class Reset:
    """The stream is over, both ways."""

    stream: int
    status: int


@dataclass(frozen=True, slots=True)
class Ping:
    """To be sent back as it is, where the id is the peer's."""

    id: int


@dataclass(frozen=True, slots=True)
class GoAway:
    """The peer opens no more streams."""

    last_stream: int
    status: int = 0


Frame = SynStream | SynReply | Data | Reset | Ping | GoAway


@dataclass(slots=True)
class FrameReader:
    """Bytes as they come -> frames. SpdyError ends its use."""

    _buffer: bytearray = field(default_factory=bytearray)
    _inflater: "zlib._Decompress" = field(default_factory=lambda: zlib.decompressobj(zdict=DICTIONARY))
    _left: int = 0  # bytes of the present data frame that are still to come
    _data: Data = field(default_factory=lambda: Data(0, b""))

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole with these bytes, and the parts of data frames."""
        self._buffer += data
        while (frame := self._next()) is not None:
            if not isinstance(frame, _Ignored):
                yield frame

    def _next(self) -> "Frame | _Ignored | None":
        if self._left:
            return self._part()
        if len(self._buffer) < _HEAD.size:
            return None
        first, second = _HEAD.unpack_from(self._buffer)
        flags, length = second >> 24, second & 0xFF_FFFF
        if not first & _CONTROL:
            del self._buffer[: _HEAD.size]
            self._left, self._data = length, Data(first & _ID, b"", bool(flags & FIN))
            return self._part() if length else self._data
        if length > MOST_CONTROL:
            msg = f"a control frame of {length} bytes: expected at most {MOST_CONTROL}"
            raise SpdyError(msg)
        if first >> 16 & 0x7FFF != VERSION:
            msg = f"SPDY version {first >> 16 & 0x7FFF}: expected {VERSION}"
            raise SpdyError(msg)
        if len(self._buffer) < _HEAD.size + length:
            return None
        body = bytes(self._buffer[_HEAD.size : _HEAD.size + length])
        del self._buffer[: _HEAD.size + length]
        return self._control(first & 0xFFFF, flags, body)

    def _part(self) -> Data | None:
        if not self._buffer:
            return None
        part = bytes(self._buffer[: self._left])
        del self._buffer[: self._left]
        self._left -= len(part)
        return Data(self._data.stream, part, self._data.fin and not self._left)

    def _control(self, kind: int, flags: int, body: bytes) -> "Frame | _Ignored":
        try:
            match kind:
                case Type.SYN_STREAM:
                    stream = _number(body, 0) & _ID
                    return SynStream(stream, self._headers(body[10:]), bool(flags & FIN))
                case Type.SYN_REPLY:
                    return SynReply(_number(body, 0) & _ID, self._headers(body[4:]))
                case Type.HEADERS:
                    self._headers(body[4:])  # read, since the compression has a memory
                case Type.RST_STREAM:
                    return Reset(_number(body, 0) & _ID, _number(body, 4))
                case Type.PING:
                    return Ping(_number(body, 0))
                case Type.GOAWAY:
                    return GoAway(_number(body, 0) & _ID, _number(body, 4))
        except (struct.error, zlib.error, UnicodeDecodeError) as error:
            msg = f"a control frame of type {kind} is damaged: {error}"
            raise SpdyError(msg) from error
        return _Ignored()

    def _headers(self, block: bytes) -> dict[str, str]:
        plain = self._inflater.decompress(block, MOST_HEADERS)
        if self._inflater.unconsumed_tail or self._inflater.eof:
            msg = f"headers of more than {MOST_HEADERS} bytes, or at the end of their compression"
            raise SpdyError(msg)
        found: dict[str, str] = {}
        place = 4
        for _ in range(_number(plain, 0)):
            name, place = _text(plain, place)
            value, place = _text(plain, place)
            if not name or name in found:
                msg = f"header {name!r} is empty or there twice"
                raise SpdyError(msg)
            found[name] = value
        return found


@dataclass(slots=True)
class FrameWriter:
    """Frames -> bytes, which must be sent in the order in which they were made."""

    _deflater: "zlib._Compress" = field(default_factory=lambda: zlib.compressobj(zdict=DICTIONARY))

    def encode(self, frame: Frame) -> bytes:
        """The frame's bytes; ValueError where its data is longer than a frame may be."""
        match frame:
            case Data(stream, data, fin):
                if len(data) > MOST_DATA:
                    msg = f"{len(data)} bytes of data: expected at most {MOST_DATA}"
                    raise ValueError(msg)
                return _HEAD.pack(stream, (FIN if fin else 0) << 24 | len(data)) + data
            case SynStream(stream, headers, fin):
                body = struct.pack(">IIH", stream, 0, 0) + self._headers(headers)
                return _control(Type.SYN_STREAM, body, FIN if fin else 0)
            case SynReply(stream, headers):
                return _control(Type.SYN_REPLY, struct.pack(">I", stream) + self._headers(headers))
            case Reset(stream, status):
                return _control(Type.RST_STREAM, struct.pack(">II", stream, status))
            case Ping(number):
                return _control(Type.PING, struct.pack(">I", number))
            case GoAway(last, status):
                return _control(Type.GOAWAY, struct.pack(">II", last, status))

    def _headers(self, headers: Mapping[str, str]) -> bytes:
        pairs = b"".join(_field(name) + _field(value) for name, value in headers.items())
        plain = struct.pack(">I", len(headers)) + pairs
        return self._deflater.compress(plain) + self._deflater.flush(zlib.Z_SYNC_FLUSH)


class _Ignored:
    """A frame that means nothing to us."""


def _control(kind: Type, body: bytes, flags: int = 0) -> bytes:
    return _HEAD.pack(_CONTROL | VERSION << 16 | kind, flags << 24 | len(body)) + body


def _number(data: bytes, place: int) -> int:
    number: int = struct.unpack_from(">I", data, place)[0]
    return number


def _text(data: bytes, place: int) -> tuple[str, int]:
    end = place + 4 + _number(data, place)
    if end > len(data):
        msg = f"a header of {end - place - 4} bytes does not fit its block"
        raise SpdyError(msg)
    return data[place + 4 : end].decode("utf-8"), end


def _field(text: str) -> bytes:
    content = text.encode()
    return struct.pack(">I", len(content)) + content
