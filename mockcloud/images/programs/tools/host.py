"""host NAME [SERVER]: addresses and aliases in words, as BIND's host says them."""

import sys
from dataclasses import replace

import dns.rcode

from mockcloud.images.programs.tools.asking import (
    RESOLV_CONF,
    NoServers,
    Reply,
    address_of,
    look_up,
    read_resolv,
    reverse_name,
)

WORDS = {
    "A": "has address",
    "AAAA": "has IPv6 address",
    "CNAME": "is an alias for",
    "PTR": "domain name pointer",
    "SRV": "has SRV record",
}


def main(argv: list[str]) -> int:
    """0 where the name was found."""
    kinds = [argv[index + 1].upper() for index, word in enumerate(argv[:-1]) if word == "-t"]
    words = [
        word for index, word in enumerate(argv) if word != "-t" and (not index or argv[index - 1] != "-t")
    ]
    if not 1 <= len(words) <= 2:
        sys.stderr.write("usage: host [-t TYPE] NAME [SERVER]\n")
        return 1
    resolv = read_resolv(RESOLV_CONF.read_text())
    if len(words) == 2:
        resolv = replace(resolv, servers=(address_of(words[1], resolv),))
    name = reverse_name(words[0]) or words[0]
    kinds = kinds or (["PTR"] if name != words[0] else ["A", "AAAA"])
    try:
        return _report(name, [look_up(name, kind, resolv) for kind in kinds])
    except NoServers as error:
        sys.stdout.write(f";; {error}\n")
    except ValueError as error:
        sys.stderr.write(f"host: {error}\n")
    return 1


def _report(name: str, replies: list[Reply]) -> int:
    first = replies[0]
    if first.failed:
        code = first.message.rcode()
        sys.stdout.write(f"Host {name} not found: {int(code)}({dns.rcode.to_text(code)})\n")
        return 1
    lines = dict.fromkeys(
        f"{owner.rstrip('.')} {WORDS.get(kind, f'has {kind} record')} {data}\n"
        for reply in replies
        for owner, _, kind, data in reply.answers()
    )
    sys.stdout.write("".join(lines) or f"{name} has no {' or '.join(('A', 'AAAA'))} record\n")
    return 0
