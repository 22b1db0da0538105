"""PostgreSQL's frontend/backend protocol, version 3.0 (PostgreSQL manual, "Frontend/Backend Protocol")."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mockcloud.node.programs.serving import Connection, Hangup
from mockcloud.node.programs.sql.language import Value

PROTOCOL: Final = 3
SSL_REQUEST: Final = 80877103
GSS_REQUEST: Final = 80877104
NO: Final = b"N"
READY: Final = b"Z\x00\x00\x00\x05I"
# Object ids of types (pg_type), by Python's.
OIDS: Final[Mapping[type, tuple[int, int]]] = {int: (20, 8), bool: (16, 1), float: (701, 8)}
TEXT: Final = (25, -1)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the client: its kind, a letter, and what it carries."""

    kind: str
    body: bytes

    def texts(self, start: int = 0) -> list[str]:
        """The null-terminated texts from `start` on."""
        return self.body[start:].decode(errors="replace").split("\0")


def read_startup(connection: Connection) -> dict[str, str]:
    """What the client says first: user, database...; it is told that there is no encryption."""
    while True:
        (size,) = struct.unpack("!i", connection.read(4))
        body = connection.read(size - 4)
        if len(body) < 4:
            raise Hangup
        (code,) = struct.unpack_from("!i", body)
        if code in (SSL_REQUEST, GSS_REQUEST):
            connection.send(NO)
            continue
        if code >> 16 != PROTOCOL:  # a cancel request, or another age
            raise Hangup
        words = body[4:].decode(errors="replace").split("\0")
        return dict(zip(words[::2], words[1::2], strict=False))


def read_message(connection: Connection) -> Message:
    """The next message; Hangup at the end."""
    kind = connection.read(1).decode("latin-1")
    (size,) = struct.unpack("!i", connection.read(4))
    return Message(kind, connection.read(size - 4))


def message(kind: str, *parts: bytes) -> bytes:
    """One message of the server."""
    body = b"".join(parts)
    return kind.encode() + struct.pack("!i", len(body) + 4) + body


def text(value: str) -> bytes:
    """Null-terminated."""
    return value.encode().replace(b"\0", b"") + b"\0"


def row_description(names: Sequence[str], values: Sequence[Value]) -> bytes:
    """The columns of the answer, all in text format."""
    fields = []
    for name, value in zip(names, values, strict=True):
        oid, size = OIDS.get(type(value), TEXT)
        fields.append(text(name) + struct.pack("!ihihih", 0, 0, oid, size, -1, 0))
    return message("T", struct.pack("!h", len(fields)), *fields)


def data_row(values: Sequence[Value]) -> bytes:
    """One row."""
    cells = []
    for value in values:
        data = None if value is None else _shown(value).encode()
        cells.append(struct.pack("!i", -1) if data is None else struct.pack("!i", len(data)) + data)
    return message("D", struct.pack("!h", len(cells)), *cells)


def error(code: str, words: str, severity: str = "ERROR") -> bytes:
    """An ErrorResponse with its SQLSTATE."""
    fields = (("S", severity), ("V", severity), ("C", code), ("M", words))
    return message("E", *(kind.encode() + text(value) for kind, value in fields), b"\0")


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value)
