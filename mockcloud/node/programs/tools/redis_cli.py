"""redis-cli [-h HOST] [-p PORT] [COMMAND...]: one command, or those that come on standard input."""

import shlex
import socket
import sys
from typing import BinaryIO, Final

USAGE: Final = "usage: redis-cli [-h HOST] [-p PORT] [-n DB] [-a PASSWORD] [COMMAND [ARGUMENT...]]\n"
# Options with a word of their own, and what becomes of it.
VALUED: Final = frozenset({"-h", "-p", "-n", "-a", "--user", "--pass", "-t"})


class Failed(str):
    """A reply that is an error."""

    __slots__ = ()


Reply = Failed | str | int | None | list["Reply"]


def main(argv: list[str]) -> int:
    """0, or 1 where the server cannot be reached or says no to a single command."""
    options, words = _options(argv)
    if options is None:
        sys.stderr.write(USAGE)
        return 1
    host, port = options.get("-h", "127.0.0.1"), int(options.get("-p", "6379"))
    try:
        sock = socket.create_connection((host, port), 10)
    except OSError as error:
        sys.stderr.write(f"Could not connect to Redis at {host}:{port}: {error.strerror or error}\n")
        return 1
    with sock, sock.makefile("rb") as answers:
        for first in _preliminaries(options):
            _ask(sock, answers, first)
        if words:
            reply = _ask(sock, answers, words)
            sys.stdout.write(shown(reply, formatted=sys.stdout.isatty()) + "\n")
            return int(isinstance(reply, Failed))
        return _converse(sock, answers, f"{host}:{port}> ")


def shown(reply: Reply, *, formatted: bool, indent: str = "") -> str:
    """As on a terminal, with types; or plain, as for a pipe."""
    match reply:
        case Failed():
            return f"(error) {reply}" if formatted else reply
        case None:
            return "(nil)" if formatted else ""
        case int():
            return f"(integer) {reply}" if formatted else str(reply)
        case list():
            if not formatted:
                return "\n".join(shown(each, formatted=False) for each in reply)
            lines = [
                f"{number}) {shown(each, formatted=True, indent=indent + '   ')}"
                for number, each in enumerate(reply, 1)
            ]
            return f"\n{indent}".join(lines) or "(empty array)"
    return f'"{reply}"' if formatted and not _is_plain(reply) else reply


class _Status(str):
    """A simple string: OK, PONG. It is shown without quotes."""

    __slots__ = ()


def _is_plain(reply: str) -> bool:
    return isinstance(reply, _Status)


def _options(argv: list[str]) -> tuple[dict[str, str] | None, list[str]]:
    options: dict[str, str] = {}
    rest = list(argv)
    while rest and rest[0].startswith("-"):
        name = rest.pop(0)
        if name in VALUED:
            if not rest:
                return None, []
            options[name] = rest.pop(0)
        elif name not in ("--raw", "--no-auth-warning", "-c", "-2", "-3", "--no-raw"):
            return None, []
    return options, rest


def _preliminaries(options: dict[str, str]) -> list[list[str]]:
    found = []
    if password := options.get("-a") or options.get("--pass"):
        found.append(["AUTH", *([options["--user"]] if "--user" in options else []), password])
    if "-n" in options:
        found.append(["SELECT", options["-n"]])
    return found


def _converse(sock: socket.socket, answers: BinaryIO, prompt: str) -> int:
    """Commands from standard input until it ends."""
    terminal = sys.stdin.isatty()
    while True:
        if terminal:
            sys.stdout.write(prompt)
            sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            return 0
        try:
            words = shlex.split(line)
        except ValueError:
            sys.stdout.write("Invalid argument(s)\n")
            continue
        if not words:
            continue
        if words[0].lower() in ("exit", "quit"):
            return 0
        sys.stdout.write(shown(_ask(sock, answers, words), formatted=terminal) + "\n")
        sys.stdout.flush()


def _ask(sock: socket.socket, answers: BinaryIO, words: list[str]) -> Reply:
    encoded = [word.encode() for word in words]
    parts = [b"*%d\r\n" % len(encoded), *(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)]
    sock.sendall(b"".join(parts))
    return _read(answers)


def _read(answers: BinaryIO) -> Reply:
    line = answers.readline().decode(errors="replace").rstrip("\r\n")
    match line[:1], line[1:]:
        case "+", text:
            return _Status(text)
        case "-", text:
            return Failed(text)
        case ":", text:
            return int(text)
        case "$", size:
            if size == "-1":
                return None
            return answers.read(int(size) + 2)[:-2].decode(errors="replace")
        case "*", count:
            return None if count == "-1" else [_read(answers) for _ in range(int(count))]
    msg = "Server closed the connection"
    return Failed(msg)
