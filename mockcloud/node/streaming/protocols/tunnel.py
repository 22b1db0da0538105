"""Port-forwarding as kubectl speaks it: pairs of SPDY streams, `data` and `error`, one pair a connection.

What comes is turned into commands; who performs them says what the pod answers. No socket is known here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mockcloud.node.streaming.protocols.spdy import (
    Data,
    Frame,
    FrameReader,
    FrameWriter,
    Ping,
    Reset,
    ResetStatus,
    SpdyError,
    SynReply,
    SynStream,
)

MOST_PAIRS: Final = 1000  # connections through one tunnel at once
STREAM_TYPE: Final = "streamtype"
PORT: Final = "port"
REQUEST_ID: Final = "requestid"
TYPES: Final = ("data", "error")


@dataclass(frozen=True, slots=True)
class Connect:
    """Connect to the pod's port; later commands name it by `pair`."""

    pair: int
    port: int


@dataclass(frozen=True, slots=True)
class Deliver:
    """Bytes for the pod."""

    pair: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Finish:
    """The client will send the pod no more."""

    pair: int


@dataclass(frozen=True, slots=True)
class Abandon:
    """The client wants no more of this connection."""

    pair: int


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes for the client."""

    data: bytes


@dataclass(frozen=True, slots=True)
class HangUp:
    """The client makes no sense: end the tunnel, and say why."""

    why: str


Command = Connect | Deliver | Finish | Abandon | Send | HangUp


@dataclass(slots=True)
class _Pair:
    port: int
    data: int = 0
    error: int = 0
    finished: bool = False  # by the client, even before the pair was whole


@dataclass(slots=True)
class Tunnel:
    """One client's tunnel. A pair is named by its data stream."""

    _reader: FrameReader = field(default_factory=FrameReader)
    _writer: FrameWriter = field(default_factory=FrameWriter)
    _waiting: dict[str, _Pair] = field(default_factory=dict)  # by request id, until both streams are there
    _pairs: dict[int, _Pair] = field(default_factory=dict)  # by data stream
    _errors: dict[int, int] = field(default_factory=dict)  # error stream -> data stream
    _last: int = 0

    def received(self, content: bytes) -> list[Command]:
        """What is to be done when these bytes have come."""
        found: list[Command] = []
        try:
            for frame in self._reader.feed(content):
                found += self._take(frame)
        except SpdyError as error:
            found.append(HangUp(str(error)))
        return found

    def answered(self, pair: int, content: bytes) -> list[Command]:
        """The pod has sent these bytes."""
        return [self._send(Data(pair, content))] if pair in self._pairs else []

    def ended(self, pair: int, why: str = "") -> list[Command]:
        """The connection is over; `why` where it failed."""
        gone = self._forget(pair)
        if gone is None:
            return []
        return [self._send(Data(gone.error, why.encode(), fin=True)), self._send(Data(pair, b"", fin=True))]

    def _take(self, frame: Frame) -> list[Command]:
        match frame:
            case SynStream(stream, headers, fin):
                return self._open(stream, headers, fin=fin)
            case Data(stream, content, fin):
                return self._data(stream, content, fin=fin)
            case Reset(stream):
                return self._reset(self._errors.get(stream, stream))
            case Ping(number) if number % 2:
                return [self._send(frame)]
        return []

    def _open(self, stream: int, headers: Mapping[str, str], *, fin: bool) -> list[Command]:
        if stream % 2 == 0 or stream <= self._last:
            return [HangUp(f"stream {stream} is opened after {self._last}: expected a greater, odd number")]
        self._last = stream
        if why := self._why_not(headers):
            # There is no place for the reason but the reset's number: spdystream's clients know it so.
            return [self._send(Reset(stream, why))]
        kind, port = headers[STREAM_TYPE], int(headers[PORT])
        # Clients before 1.2 named no request; their data stream follows its error stream.
        request = headers.get(REQUEST_ID) or f"stream {stream if kind == 'error' else stream - 2}"
        pair = self._waiting.setdefault(request, _Pair(port))
        if getattr(pair, kind):
            return [self._send(Reset(stream, ResetStatus.PROTOCOL_ERROR))]
        commands: list[Command] = [self._send(SynReply(stream, {}))]
        if kind == "data":
            pair.data, pair.finished = stream, fin
        else:
            pair.error = stream
        if pair.data and pair.error:
            commands += self._whole(request, pair)
        return commands

    def _why_not(self, headers: Mapping[str, str]) -> ResetStatus | None:
        port = headers.get(PORT, "")
        if headers.get(STREAM_TYPE) not in TYPES or not (port.isascii() and port.isdecimal()):
            return ResetStatus.PROTOCOL_ERROR
        if len(port) > 5 or not 0 < int(port) < 1 << 16:
            return ResetStatus.PROTOCOL_ERROR
        crowded = len(self._pairs) + len(self._waiting) >= MOST_PAIRS
        return ResetStatus.REFUSED_STREAM if crowded else None

    def _whole(self, request: str, pair: _Pair) -> list[Command]:
        del self._waiting[request]
        self._pairs[pair.data] = pair
        self._errors[pair.error] = pair.data
        connect: list[Command] = [Connect(pair.data, pair.port)]
        return [*connect, Finish(pair.data)] if pair.finished else connect

    def _data(self, stream: int, content: bytes, *, fin: bool) -> list[Command]:
        pair = self._pairs.get(stream)
        if pair is None or pair.finished:
            # On an error stream, or on one that has ended here while this was on its way.
            return []
        pair.finished = fin
        found: list[Command] = [Deliver(stream, content)] if content else []
        return [*found, Finish(stream)] if fin else found

    def _reset(self, stream: int) -> list[Command]:
        gone = self._forget(stream)
        if gone is None:
            return []
        # The client still reads the error stream to its end.
        return [Abandon(stream), self._send(Data(gone.error, b"", fin=True))]

    def _forget(self, stream: int) -> _Pair | None:
        pair = self._pairs.pop(stream, None)
        if pair is not None:
            del self._errors[pair.error]
        return pair

    def _send(self, frame: Frame) -> Send:
        return Send(self._writer.encode(frame))
