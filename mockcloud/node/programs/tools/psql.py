"""psql [-h HOST] [-p PORT] [-U USER] [-d DATABASE] [-c QUERY]...: for hosts that have no psql of their own.

Queries from -c or standard input, answers as psql shows them. It knows no password but one in clear text
(PGPASSWORD), and of the backslash commands \\q and \\conninfo.
"""

import argparse
import os
import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

AUTHENTICATED, CLEAR_TEXT = 0, 3
NUMBERS = frozenset({20, 21, 23, 26, 700, 701, 1700})  # object ids of types (pg_type)


class Failed(Exception):
    """The server's own words, or why there are none."""


@dataclass(slots=True)
class Table:
    """The rows that a query gave."""

    names: list[str]
    numeric: list[bool]
    rows: list[list[str]] = field(default_factory=list)


class Session:
    """A connection that is logged in; Failed where that was refused."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.host, self.port, self.user = given.host, given.port, given.user
        self.database = given.database or given.name or given.user
        self._sock = socket.create_connection((self.host, self.port), 10)
        self._file: BinaryIO = self._sock.makefile("rb")
        words = ("user", self.user, "database", self.database, "client_encoding", "UTF8", "")
        body = struct.pack("!i", 3 << 16) + "\0".join(words).encode() + b"\0"
        self._sock.sendall(struct.pack("!i", len(body) + 4) + body)
        for kind, said in self._messages():
            if kind == "R":
                self._authenticate(struct.unpack_from("!i", said)[0])
            elif kind == "E":
                raise Failed(_error(said))

    def ask(self, query: str) -> Iterator[Table | str | Failed]:
        """Tables, the tags of commands without one, and refusals, as they come."""
        self._send("Q", query.encode() + b"\0")
        table = None
        for kind, said in self._messages():
            match kind:
                case "T":
                    table = _described(said)
                case "D" if table is not None:
                    table.rows.append(_row(said))
                case "C":
                    yield table if table is not None else said[:-1].decode()
                    table = None
                case "E":
                    yield Failed(_error(said))

    def close(self) -> None:
        """Say goodbye."""
        self._send("X", b"")
        self._file.close()
        self._sock.close()

    def _authenticate(self, way: int) -> None:
        if way == CLEAR_TEXT:
            self._send("p", os.environ.get("PGPASSWORD", "").encode() + b"\0")
        elif way != AUTHENTICATED:
            msg = f"the server wants a kind of password ({way}) that this small psql does not know"
            raise Failed(msg)

    def _send(self, kind: str, body: bytes) -> None:
        self._sock.sendall(kind.encode() + struct.pack("!i", len(body) + 4) + body)

    def _messages(self) -> Iterator[tuple[str, bytes]]:
        """Up to the server's being ready."""
        while (kind := self._file.read(1).decode()) != "Z":
            if not kind:
                msg = "server closed the connection unexpectedly"
                raise Failed(msg)
            (size,) = struct.unpack("!i", self._file.read(4))
            yield kind, self._file.read(size - 4)
        self._file.read(5)


def main(argv: list[str]) -> int:
    """psql's exit codes: 0, 1 where a -c failed, 2 where there is no connection."""
    given = _parser().parse_args(argv)
    try:
        session = Session(given)
    except (OSError, Failed) as error:
        why = getattr(error, "strerror", None) or error
        sys.stderr.write(
            f'psql: error: connection to server at "{given.host}", port {given.port} failed: {why}\n'
        )
        return 2
    code = 0
    for query in given.command or _typed(session):
        if query.startswith("\\"):
            sys.stdout.write(_meta(query, session))
            continue
        for answer in session.ask(query):
            if isinstance(answer, Failed):
                code = 1
                sys.stderr.write(f"ERROR:  {answer}\n")
            else:
                sys.stdout.write(_shown(answer, given))
        sys.stdout.flush()
    session.close()
    return code if given.command else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("psql", add_help=False)
    add = parser.add_argument
    add("-h", "--host", default=os.environ.get("PGHOST", "localhost"))
    add("-p", "--port", type=int, default=int(os.environ.get("PGPORT", "5432")))
    add("-U", "--username", dest="user", default=os.environ.get("PGUSER", "postgres"))
    add("-d", "--dbname", dest="database", default=os.environ.get("PGDATABASE"))
    add("-c", "--command", action="append")
    add("-A", "--no-align", action="store_true")
    add("-t", "--tuples-only", action="store_true")
    add("-w", "--no-password", action="store_true")
    add("name", nargs="?", metavar="DATABASE")
    return parser


def _typed(session: Session) -> Iterator[str]:
    """Statements from standard input, each up to its semicolon."""
    terminal, text = sys.stdin.isatty(), ""
    while True:
        if terminal:
            sys.stdout.write(f"{session.database}{'-' if text else '='}# ")
            sys.stdout.flush()
        line = sys.stdin.readline()
        if not line or line.strip() == "\\q":
            return
        if line.startswith("\\") and not text:
            yield line.strip()
            continue
        text += line
        if text.rstrip().endswith(";"):
            yield text
            text = ""


def _meta(command: str, session: Session) -> str:
    if command == "\\conninfo":
        where = f'on host "{session.host}" at port "{session.port}"'
        return f'You are connected to database "{session.database}" as user "{session.user}" {where}.\n'
    return f"invalid command {command}\n"


def _shown(answer: Table | str, given: argparse.Namespace) -> str:
    if isinstance(answer, str):
        return f"{answer}\n"
    if given.no_align:
        lines = ["|".join(row) for row in answer.rows]
        return "".join(
            f"{line}\n" for line in (lines if given.tuples_only else ["|".join(answer.names), *lines])
        )
    return _aligned(answer, bare=given.tuples_only)


def _aligned(table: Table, *, bare: bool) -> str:
    widths = [max(map(len, column)) for column in zip(table.names, *table.rows, strict=True)]
    head = "|".join(f" {name.center(width)} " for name, width in zip(table.names, widths, strict=True))
    lines = [] if bare else [head, "+".join("-" * (width + 2) for width in widths)]
    for row in table.rows:
        cells = zip(row, widths, table.numeric, strict=True)
        text = "|".join(
            f" {cell.rjust(width) if number else cell.ljust(width)} " for cell, width, number in cells
        )
        lines.append(text.rstrip() if not table.numeric[-1] else text[:-1])
    count = "" if bare else f"({len(table.rows)} row{'' if len(table.rows) == 1 else 's'})\n"
    return "".join(f"{line}\n" for line in lines) + count + "\n"


def _described(said: bytes) -> Table:
    (count,) = struct.unpack_from("!h", said)
    table, place = Table([], []), 2
    for _ in range(count):
        end = said.index(b"\0", place)
        table.names.append(said[place:end].decode())
        table.numeric.append(struct.unpack_from("!ihi", said, end + 1)[2] in NUMBERS)
        place = end + 19
    return table


def _row(said: bytes) -> list[str]:
    (count,) = struct.unpack_from("!h", said)
    found, place = [], 2
    for _ in range(count):
        (size,) = struct.unpack_from("!i", said, place)
        place += 4
        found.append(said[place : place + size].decode() if size >= 0 else "")
        place += max(size, 0)
    return found


def _error(said: bytes) -> str:
    fields = {part[:1]: part[1:] for part in said.decode(errors="replace").split("\0") if part}
    return fields.get("M", "the server says no")
