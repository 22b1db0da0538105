"""MySQL's client/server protocol 4.1 (MySQL internals manual: connection phase, command phase, results)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mockcloud.node.programs.serving import Connection
from mockcloud.node.programs.sql.language import Value

VERSION: Final = "8.0.39-mockcloud"
PLUGIN: Final = b"mysql_native_password"
SALT: Final = b"mockcloud-mockcloud-"  # 20 bytes: whatever a client makes of them is accepted
LONG_PASSWORD, CONNECT_WITH_DB, PROTOCOL_41 = 1, 8, 0x200
TRANSACTIONS, SECURE_CONNECTION, PLUGIN_AUTH = 0x2000, 0x8000, 0x80000
LENENC_AUTH, DEPRECATE_EOF = 0x200000, 0x1000000
OURS: Final = LONG_PASSWORD | CONNECT_WITH_DB | PROTOCOL_41 | TRANSACTIONS | SECURE_CONNECTION | PLUGIN_AUTH
UTF8MB4: Final = 45
AUTOCOMMIT: Final = 2
LONGLONG, DOUBLE, VAR_STRING = 8, 5, 253


@dataclass(frozen=True, slots=True)
class Login:
    """Who the client says it is."""

    user: str
    database: str


def greeting(number: int) -> bytes:
    """The server speaks first."""
    return b"".join(
        [
            b"\x0a" + VERSION.encode() + b"\0",
            struct.pack("<I", number),
            SALT[:8] + b"\0",
            struct.pack("<HBHHB", OURS & 0xFFFF, UTF8MB4, AUTOCOMMIT, OURS >> 16, len(SALT) + 1),
            bytes(10),
            SALT[8:] + b"\0",
            PLUGIN + b"\0",
        ]
    )


def parse_login(body: bytes) -> Login:
    """The client's answer; its password is not looked at."""
    (abilities,) = struct.unpack_from("<I", body)
    user, _, rest = body[32:].partition(b"\0")
    if abilities & (SECURE_CONNECTION | LENENC_AUTH) and rest:
        rest = rest[1 + rest[0] :]
    else:
        rest = rest.partition(b"\0")[2]
    database = rest.partition(b"\0")[0] if abilities & CONNECT_WITH_DB else b""
    return Login(user.decode(errors="replace"), database.decode(errors="replace"))


def read_packet(connection: Connection) -> tuple[int, bytes]:
    """(sequence number, what it carries)."""
    head = connection.read(4)
    return head[3], connection.read(int.from_bytes(head[:3], "little"))


def packets(first: int, *bodies: bytes) -> bytes:
    """The bodies as packets, numbered from `first`."""
    return b"".join(
        len(body).to_bytes(3, "little") + bytes([(first + index) & 0xFF]) + body
        for index, body in enumerate(bodies)
    )


def ok() -> bytes:
    """Done, and nothing to show."""
    return b"\0\0\0" + struct.pack("<HH", AUTOCOMMIT, 0)


def error(code: int, state: str, words: str) -> bytes:
    """A refusal with MySQL's error number and SQLSTATE."""
    return b"\xff" + struct.pack("<H", code) + b"#" + state.encode() + words.encode()


def result(names: Sequence[str], rows: Sequence[Sequence[Value]]) -> list[bytes]:
    """A text result set, packet by packet."""
    eof = b"\xfe" + struct.pack("<HH", 0, AUTOCOMMIT)
    sample = rows[0] if rows else [""] * len(names)
    columns = [_column(name, value) for name, value in zip(names, sample, strict=True)]
    lines = [b"".join(_cell(value) for value in row) for row in rows]
    return [_length(len(names)), *columns, eof, *lines, eof]


def _column(name: str, value: Value) -> bytes:
    kind = LONGLONG if isinstance(value, int) else DOUBLE if isinstance(value, float) else VAR_STRING
    texts = [b"def", b"", b"", b"", name.encode(), name.encode()]
    tail = struct.pack("<BHIBHBH", 12, UTF8MB4, 1024, kind, 0, 0, 0)
    return b"".join(_text(each) for each in texts) + tail


def _cell(value: Value) -> bytes:
    if value is None:
        return b"\xfb"
    return _text(str(int(value) if isinstance(value, bool) else value).encode())


def _text(data: bytes) -> bytes:
    return _length(len(data)) + data


def _length(number: int) -> bytes:
    """A length-encoded integer."""
    if number < 251:
        return bytes([number])
    return b"\xfc" + struct.pack("<H", number) if number < 1 << 16 else b"\xfd" + number.to_bytes(3, "little")
