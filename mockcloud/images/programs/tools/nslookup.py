"""nslookup NAME [SERVER]: asks for addresses, or with -type=T for other records; prints as BIND's does."""

import sys
from dataclasses import replace

from mockcloud.images.programs.tools.asking import (
    RESOLV_CONF,
    NoServers,
    Reply,
    Resolv,
    address_of,
    is_authoritative,
    look_up,
    read_resolv,
    reverse_name,
)

USAGE = "usage: nslookup [-type=TYPE] [-port=PORT] [-timeout=SECONDS] NAME [SERVER]\n"
WORDS = {"CNAME": "canonical name", "PTR": "name", "NS": "nameserver", "MX": "mail exchanger", "TXT": "text"}
OPTIONS = {
    "type": "type",
    "querytype": "type",
    "query": "type",
    "q": "type",
    "port": "port",
    "timeout": "timeout",
}


def main(argv: list[str]) -> int:
    """0 where the name was found."""
    options = dict(_option(word) for word in argv if word.startswith("-"))
    words = [word for word in argv if not word.startswith("-")]
    if not 1 <= len(words) <= 2:
        sys.stderr.write(USAGE)
        return 1
    resolv = read_resolv(RESOLV_CONF.read_text())
    try:
        if "timeout" in options:
            resolv = replace(resolv, timeout=float(options["timeout"]))
        if len(words) == 2:
            resolv = replace(resolv, servers=(address_of(words[1], resolv),))
        return _report(words[0], options.get("type", "").upper(), resolv, int(options.get("port") or 53))
    except NoServers as error:
        sys.stdout.write(f";; {error}\n\n")
    except ValueError as error:
        sys.stderr.write(f"nslookup: {error}\n")
    return 1


def _option(word: str) -> tuple[str, str]:
    """-q=SRV, -type=SRV: by their full name; what is not known changes nothing."""
    name, _, value = word.lstrip("-").partition("=")
    return OPTIONS.get(name, name), value


def _report(name: str, kind: str, resolv: Resolv, port: int) -> int:
    backwards = reverse_name(name)
    if backwards and not kind:
        name, kind = backwards, "PTR"
    first = look_up(name, kind or "A", resolv, port=port)
    sys.stdout.write(f"Server:\t\t{first.server}\nAddress:\t{first.server}#{port}\n\n")
    replies = [first]
    if not kind and not first.failed:
        replies.append(look_up(name, "AAAA", resolv, port=port))
    found = [line for index, reply in enumerate(replies) for line in _lines(reply, again=index > 0)]
    if found and not is_authoritative(first):
        sys.stdout.write("Non-authoritative answer:\n")
    sys.stdout.write("".join(found))
    shown = name.rstrip(".")
    if first.failed:
        sys.stdout.write(f"** server can't find {shown}: {first.rcode}\n")
    elif not found:
        sys.stdout.write(f"*** Can't find {shown}: No answer\n")
    sys.stdout.write("\n")
    return 1 if first.failed or not found else 0


def _lines(reply: Reply, *, again: bool) -> list[str]:
    """The records; `again`: aliases were told with the first reply."""
    found = []
    for owner, _, kind, data in reply.answers():
        name = owner.rstrip(".")
        if kind in ("A", "AAAA"):
            found.append(f"Name:\t{name}\nAddress: {data}\n")
        elif kind == "SRV":
            found.append(f"{name}\tservice = {data}\n")
        elif not (again and kind == "CNAME"):
            found.append(f"{name}\t{WORDS.get(kind, f'rdata_{kind}')} = {data}\n")
    return found
