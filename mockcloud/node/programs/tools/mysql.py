"""mysql [-h HOST] [-P PORT] [-u USER] [-pPASSWORD] [DATABASE] [-e QUERY]: for hosts that have no mysql.

Queries from -e or standard input, answers as mysql shows them. Of passwords it knows mysql_native_password.
"""

import argparse
import hashlib
import socket
import struct
import sys
from collections.abc import Iterator
from typing import BinaryIO

QUERY, QUIT = 3, 1
# LONG_PASSWORD, CONNECT_WITH_DB, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, PLUGIN_AUTH
ABILITIES = 1 | 8 | 0x200 | 0x2000 | 0x8000 | 0x80000
NULL = 0xFB
REFUSED, END = 0xFF, 0xFE
Row = list[str]


class Failed(Exception):
    """The server's own words, or why there are none."""


class Session:
    """A connection that is logged in; Failed where that was refused."""

    def __init__(self, given: argparse.Namespace) -> None:
        self._sock = socket.create_connection((given.host, given.port), 10)
        self._file: BinaryIO = self._sock.makefile("rb")
        salt = _salt(self._packet())
        password = _scrambled((given.password or "").encode(), salt)
        head = struct.pack("<IIB23x", ABILITIES, 1 << 24, 45)
        login = [head, given.user.encode(), b"\0", bytes([len(password)]), password]
        login += [(given.database or given.name or "").encode(), b"\0mysql_native_password\0"]
        self._send(1, b"".join(login))
        self._packet()

    def ask(self, query: str) -> list[Row] | None:
        """The names and the rows; None where the statement gives none."""
        self._send(0, bytes([QUERY]) + query.encode())
        first = self._packet()
        if first[0] == 0:
            return None
        names = [_texts(self._packet())[4] for _ in range(first[0])]
        self._packet()
        found = [names]
        while (packet := self._packet())[0] != END:
            found.append(_texts(packet))
        return found

    def close(self) -> None:
        """Say goodbye."""
        self._send(0, bytes([QUIT]))
        self._file.close()
        self._sock.close()

    def _send(self, number: int, body: bytes) -> None:
        self._sock.sendall(len(body).to_bytes(3, "little") + bytes([number]) + body)

    def _packet(self) -> bytes:
        head = self._file.read(4)
        body = self._file.read(int.from_bytes(head[:3], "little"))
        if not body:
            msg = "ERROR 2013 (HY000): Lost connection to MySQL server"
            raise Failed(msg)
        if body[0] == REFUSED:
            (code,) = struct.unpack_from("<H", body, 1)
            msg = f"ERROR {code} ({body[4:9].decode()}): {body[9:].decode()}"
            raise Failed(msg)
        return body


def main(argv: list[str]) -> int:
    """0, or 1 where there is no connection or a query failed."""
    given = _parser().parse_args(argv)
    try:
        session = Session(given)
    except OSError as error:
        sys.stderr.write(
            f"ERROR 2003 (HY000): Can't connect to MySQL server on '{given.host}' ({error.strerror})\n"
        )
        return 1
    boxed = sys.stdout.isatty() or given.table
    code = 0
    for query in [given.execute] if given.execute else _typed():
        for statement in query.split(";"):
            if statement.strip():
                code |= _run(session, statement.strip(), boxed=boxed)
    session.close()
    return code


def _run(session: Session, statement: str, *, boxed: bool) -> int:
    try:
        rows = session.ask(statement)
    except Failed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if rows is None:
        sys.stdout.write("Query OK\n" if boxed else "")
    elif boxed:
        sys.stdout.write(_boxed(rows))
    elif len(rows) > 1:
        sys.stdout.write("".join("\t".join(row) + "\n" for row in rows))
    sys.stdout.flush()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("mysql", add_help=False)
    add = parser.add_argument
    add("-h", "--host", default="localhost")
    add("-P", "--port", type=int, default=3306)
    add("-u", "--user", default="root")
    add("-p", "--password", nargs="?", const="")
    add("-D", "--database")
    add("-e", "--execute")
    add("-t", "--table", action="store_true")
    add("name", nargs="?", metavar="DATABASE")
    return parser


def _typed() -> Iterator[str]:
    """Statements from standard input, each up to its semicolon."""
    terminal, text = sys.stdin.isatty(), ""
    while True:
        if terminal:
            sys.stdout.write("    -> " if text else "mysql> ")
            sys.stdout.flush()
        line = sys.stdin.readline()
        if not line or line.strip().rstrip(";") in ("exit", "quit", "\\q"):
            return
        text += line
        if text.rstrip().endswith(";"):
            yield text
            text = ""


def _boxed(rows: list[Row]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rule = "+" + "+".join("-" * (width + 2) for width in widths) + "+\n"
    lines = [
        "|" + "|".join(f" {cell.ljust(width)} " for cell, width in zip(row, widths, strict=True)) + "|\n"
        for row in rows
    ]
    count = len(rows) - 1
    if not count:
        return "Empty set\n\n"
    body = rule + lines[0] + rule + "".join(lines[1:]) + rule
    return f"{body}{count} row{'' if count == 1 else 's'} in set\n\n"


def _salt(greeting: bytes) -> bytes:
    rest = greeting[greeting.index(b"\0", 1) + 5 :]
    return rest[:8] + rest[27:39]


def _scrambled(password: bytes, salt: bytes) -> bytes:
    """SHA1(password) XOR SHA1(salt + SHA1(SHA1(password))): mysql_native_password."""
    if not password:
        return b""
    once = hashlib.sha1(password, usedforsecurity=False).digest()
    twice = hashlib.sha1(once, usedforsecurity=False).digest()
    mask = hashlib.sha1(salt + twice, usedforsecurity=False).digest()
    return bytes(left ^ right for left, right in zip(once, mask, strict=True))


def _texts(packet: bytes) -> Row:
    """Length-encoded texts; what comes after those of a column's description is junk that nobody reads."""
    found, place = [], 0
    while place < len(packet):
        if packet[place] == NULL:
            found.append("NULL")
            place += 1
            continue
        size, place = _length(packet, place)
        found.append(packet[place : place + size].decode(errors="replace"))
        place += size
    return found


def _length(packet: bytes, place: int) -> tuple[int, int]:
    first = packet[place]
    wide = {0xFC: 2, 0xFD: 3, 0xFE: 8}.get(first, 0)
    size = int.from_bytes(packet[place + 1 : place + 1 + wide], "little") if wide else first
    return size, place + 1 + wide
