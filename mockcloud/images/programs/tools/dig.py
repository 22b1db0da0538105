"""dig [@SERVER] NAME [TYPE] [+short] [-x ADDRESS] ...: one question, all of the answer; prints as BIND's."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import dns.flags
import dns.rdatatype
from dns.message import Message

from mockcloud.images.programs.tools.asking import (
    RESOLV_CONF,
    NoServers,
    Reply,
    address_of,
    ask,
    look_up,
    read_resolv,
    reverse_name,
)

USAGE = (
    "usage: dig [@SERVER] [-p PORT] [-t TYPE] [-x ADDRESS] NAME [TYPE]"
    " [+short] [+search] [+tcp] [+noall +answer]\n"
)
SECTIONS = ("comments", "question", "answer", "authority", "additional", "stats", "cmd")
UNREACHABLE = 9  # dig's own exit code


@dataclass(slots=True)
class Request:
    """What the command line asks for."""

    name: str = "."
    kind: str = "A"
    server: str = ""
    port: int = 53
    short: bool = False
    search: bool = False
    tcp: bool = False
    timeout: float | None = None
    shown: set[str] = field(default_factory=lambda: set(SECTIONS))


def main(argv: list[str]) -> int:
    """0 where a server answered, whatever it said."""
    try:
        request = parse(argv)
    except (ValueError, StopIteration):
        sys.stderr.write(USAGE)
        return 1
    resolv = read_resolv(RESOLV_CONF.read_text())
    if request.server:
        resolv = replace(resolv, servers=(address_of(request.server, resolv),))
    if request.timeout is not None:
        resolv = replace(resolv, timeout=request.timeout)
    try:
        if request.search:
            reply = look_up(request.name, request.kind, resolv, port=request.port)
        else:
            reply = ask(_absolute(request.name), request.kind, resolv, port=request.port, tcp=request.tcp)
    except NoServers as error:
        sys.stdout.write(f";; {error}\n")
        return UNREACHABLE
    except ValueError as error:
        sys.stderr.write(f"dig: {error}\n")
        return 1
    sys.stdout.write(short(reply) if request.short else full(reply, request, argv))
    return 0


def parse(argv: list[str]) -> Request:
    """ValueError or StopIteration where the words make no question."""
    found = Request()
    words = iter(argv)
    for word in words:
        match word[0]:
            case "@":
                found.server = word[1:]
            case "+":
                _set(found, word[1:])
            case "-":
                _set_option(found, word, words)
            case _ if word.upper() in dns.rdatatype.RdataType.__members__:
                found.kind = word.upper()
            case _:
                found.name = word
    if not found.name:
        raise ValueError
    return found


def short(reply: Reply) -> str:
    """The data alone."""
    return "".join(f"{data}\n" for _, _, _, data in reply.answers())


def full(reply: Reply, request: Request, argv: list[str]) -> str:
    """All that was asked to be shown."""
    message, shown = reply.message, request.shown
    parts = []
    if "cmd" in shown:
        parts.append(f"\n; <<>> DiG (mockcloud) <<>> {' '.join(argv)}\n;; global options: +cmd\n")
    if "comments" in shown:
        parts.append(_header(message))
    if "question" in shown:
        asked = (each.to_text().split() for each in message.question)
        lines = "".join(f";{name}\t\t{class_}\t{kind}\n" for name, class_, kind in asked)
        parts.append(f";; QUESTION SECTION:\n{lines}\n")
    for title, rrsets in (
        ("answer", message.answer),
        ("authority", message.authority),
        ("additional", message.additional),
    ):
        if rrsets and title in shown:
            head = f";; {title.upper()} SECTION:\n" if "comments" in shown else ""
            records = (line.split(" ", 4) for rrset in rrsets for line in rrset.to_text().splitlines())
            parts.append(head + "".join("\t".join(words) + "\n" for words in records) + "\n")
    if "stats" in shown:
        parts.append(_stats(reply))
    return "".join(parts)


def _set_option(request: Request, option: str, words: Iterator[str]) -> None:
    match option:
        case "-p":
            request.port = int(next(words))
        case "-t":
            request.kind = next(words).upper()
        case "-x":
            request.name, request.kind = reverse_name(next(words)), "PTR"


def _set(request: Request, option: str) -> None:
    name, _, value = option.partition("=")
    on = not name.startswith("no")
    name = name.removeprefix("no")
    match name:
        case "short":
            request.short = on
        case "search":
            request.search = on
        case "tcp" | "vc":
            request.tcp = on
        case "time" | "timeout":
            request.timeout = float(value)
        case "all":
            request.shown = set(SECTIONS) if on else set()
        case section if section in SECTIONS:
            (request.shown.add if on else request.shown.discard)(section)


def _absolute(name: str) -> str:
    return name if name.endswith(".") else f"{name}."


def _header(message: Message) -> str:
    reply = dns.flags.to_text(message.flags).lower()
    counts = ", ".join(
        f"{title}: {sum(max(len(each), 1) for each in rrsets)}"
        for title, rrsets in (
            ("QUERY", message.question),
            ("ANSWER", message.answer),
            ("AUTHORITY", message.authority),
        )
    )
    additional = sum(len(each) for each in message.additional) + (1 if message.edns >= 0 else 0)
    opt = (
        f"\n;; OPT PSEUDOSECTION:\n; EDNS: version: {message.edns}, flags:; udp: {message.payload}\n"
        if message.edns >= 0
        else ""
    )
    status = dns.rcode.to_text(message.rcode())
    return (
        f";; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: {status}, id: {message.id}\n"
        f";; flags: {reply}; {counts}, ADDITIONAL: {additional}\n{opt or chr(10)}"
    )


def _stats(reply: Reply) -> str:
    when = time.strftime("%a %b %d %H:%M:%S %Z %Y", time.localtime())
    way = "TCP" if reply.tcp else "UDP"
    return (
        f";; Query time: {reply.seconds * 1000:.0f} msec\n"
        f";; SERVER: {reply.server}#{reply.port}({reply.server}) ({way})\n"
        f";; WHEN: {when}\n;; MSG SIZE  rcvd: {len(reply.message.wire or b'')}\n\n"
    )
