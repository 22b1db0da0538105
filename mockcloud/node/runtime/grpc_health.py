"""Asks a gRPC server whether it serves, by gRPC's health checking protocol (grpc.health.v1): one call.

HTTP/2 as of RFC 9113, its headers as of RFC 7541 without compression; of the answer only the message matters.
"""

import asyncio
import struct
from typing import Final

from mockcloud.node.pods.spec import Grpc
from mockcloud.node.runtime.prober import Answer

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GO_AWAY = 0, 1, 3, 4, 6, 7
_ACK, _END_STREAM, _END_HEADERS, _PADDED = 1, 1, 4, 8
_STREAM: Final = 1
_LARGEST: Final = 1 << 20
_SERVING: Final = b"\x08\x01"  # field 1, as a number: 1
_STATUSES: Final = {b"": "UNKNOWN", b"\x08\x02": "NOT_SERVING", b"\x08\x03": "SERVICE_UNKNOWN"}


async def ask_grpc(action: Grpc, pod_ip: str, timeout: float) -> Answer:
    """Whether the service says that it is SERVING, within `timeout` seconds."""
    host = f"[{pod_ip}]" if ":" in pod_ip else pod_ip
    where = f"{host}:{action.port}"
    try:
        async with asyncio.timeout(timeout):
            said = await _checked(action, pod_ip, where)
    except TimeoutError:
        return Answer(ok=False, output=f'timeout: failed to connect service "{where}" within {timeout:g}s')
    except (OSError, asyncio.IncompleteReadError, ValueError) as error:
        return Answer(ok=False, output=f'failed to connect service "{where}": {error}')
    if said == _SERVING:
        return Answer(ok=True, output="service healthy")
    if said is None:
        why = "the server does not know the service, or this protocol"
        return Answer(ok=False, output=f"error: health rpc failed: {why}")
    return Answer(ok=False, output=f'service unhealthy (responded with "{_STATUSES.get(said, "UNKNOWN")}")')


async def _checked(action: Grpc, pod_ip: str, where: str) -> bytes | None:
    """The answer's message; None where the call ended without one."""
    reader, writer = await asyncio.open_connection(pod_ip, action.port)
    try:
        writer.write(_PREFACE + _frame(_SETTINGS, 0, 0, b""))
        writer.write(_frame(_HEADERS, _END_HEADERS, _STREAM, _headers(where)))
        writer.write(_frame(_DATA, _END_STREAM, _STREAM, _message(action.service)))
        content = b""
        while True:
            kind, flags, stream, payload = await _next(reader)
            if kind == _SETTINGS and not flags & _ACK:
                writer.write(_frame(_SETTINGS, _ACK, 0, b""))
            elif kind == _PING and not flags & _ACK:
                writer.write(_frame(_PING, _ACK, 0, payload))
            elif kind == _DATA and stream == _STREAM:
                content += payload[1 : len(payload) - payload[0]] if flags & _PADDED else payload
                if len(content) >= 5 and len(content) >= 5 + _length(content):
                    return content[5 : 5 + _length(content)]
            if kind in (_RESET, _GO_AWAY) or (stream == _STREAM and flags & _END_STREAM):
                return None
    finally:
        writer.close()


def _length(content: bytes) -> int:
    return int.from_bytes(content[1:5], "big")


async def _next(reader: asyncio.StreamReader) -> tuple[int, int, int, bytes]:
    """(type, flags, stream, payload) of the next frame."""
    head = await reader.readexactly(9)
    size = int.from_bytes(head[:3], "big")
    if size > _LARGEST:
        msg = "the answer is not HTTP/2"
        raise ValueError(msg)
    return head[3], head[4], int.from_bytes(head[5:9], "big") & 0x7FFF_FFFF, await reader.readexactly(size)


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + struct.pack(">BBI", kind, flags, stream) + payload


def _headers(where: str) -> bytes:
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": "/grpc.health.v1.Health/Check",
        ":authority": where,
        "te": "trailers",
        "content-type": "application/grpc",
        "user-agent": "kube-probe",
    }
    # Each a literal that is not to be remembered, with a name of its own (RFC 7541, section 6.2.2).
    return b"".join(b"\x00" + _text(name) + _text(value) for name, value in fields.items())


def _text(text: str) -> bytes:
    """All are shorter than 127 bytes: one byte has the length."""
    return bytes([len(text)]) + text.encode()


def _message(service: str) -> bytes:
    name = service.encode()
    content = b"\x0a" + _varint(len(name)) + name if name else b""
    return b"\x00" + len(content).to_bytes(4, "big") + content


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])
