"""One DNS question at a time, as /etc/resolv.conf says: servers, search list, ndots (resolv.conf(5))."""

import ipaddress
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.reversename

RESOLV_CONF = Path("/etc/resolv.conf")


class NoServers(Exception):
    """No server answered; the text is what the tools say then."""


@dataclass(frozen=True, slots=True)
class Resolv:
    """What resolv.conf says."""

    servers: tuple[str, ...] = ("127.0.0.1",)
    search: tuple[str, ...] = ()
    ndots: int = 1
    timeout: float = 5.0
    attempts: int = 2


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, who gave it, and how long that took."""

    message: dns.message.Message
    server: str
    port: int
    seconds: float
    tcp: bool = False

    @property
    def rcode(self) -> str:
        """NOERROR, NXDOMAIN..."""
        return dns.rcode.to_text(self.message.rcode())

    @property
    def failed(self) -> bool:
        """Whether the server said no."""
        return self.message.rcode() != dns.rcode.NOERROR

    def answers(self) -> Iterator[tuple[str, int, str, str]]:
        """(owner, TTL, type, data) of each record of the answer, names with their final dot."""
        for rrset in self.message.answer:
            for record in rrset:
                kind = dns.rdatatype.to_text(record.rdtype)
                yield rrset.name.to_text(), rrset.ttl, kind, record.to_text()


def read_resolv(text: str) -> Resolv:
    """From resolv.conf's text; what is not understood is passed over, as resolvers do."""
    servers: list[str] = []
    search: tuple[str, ...] = ()
    options: dict[str, int] = {}
    for line in text.splitlines():
        match line.split():
            case ["nameserver", address, *_]:
                servers.append(address)
            case ["search" | "domain", *names]:
                search = tuple(names)
            case ["options", *words]:
                pairs = (word.partition(":") for word in words)
                options |= {name: int(number) for name, _, number in pairs if number.isdecimal()}
    return Resolv(
        tuple(servers) or Resolv().servers,
        search,
        options.get("ndots", 1),
        float(options.get("timeout", 5)),
        options.get("attempts", 2),
    )


def candidates(name: str, resolv: Resolv) -> list[str]:
    """The full names to try for a name, in order."""
    if name.endswith("."):
        return [name]
    searched = [f"{name}.{domain.rstrip('.')}." for domain in resolv.search]
    as_it_is = f"{name}."
    return [as_it_is, *searched] if name.count(".") >= resolv.ndots else [*searched, as_it_is]


def reverse_name(text: str) -> str:
    """The name under which an address is looked up; "" where the text is no address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    return dns.reversename.from_address(str(address)).to_text()


def ask(name: str, kind: str, resolv: Resolv, *, port: int = 53, tcp: bool = False) -> Reply:
    """One question by its full name; NoServers where nobody answers, ValueError for no name or type."""
    try:
        query = dns.message.make_query(dns.name.from_text(name), kind, use_edns=0, payload=1232)
    except (dns.exception.DNSException, ValueError) as error:
        msg = f"'{name}' {kind}: {error}"
        raise ValueError(msg) from error
    for _ in range(resolv.attempts):
        for server in resolv.servers:
            began = time.monotonic()
            try:
                if tcp:
                    answer, used_tcp = dns.query.tcp(query, server, resolv.timeout, port), True
                else:
                    answer, used_tcp = dns.query.udp_with_fallback(query, server, resolv.timeout, port)
            except (dns.exception.DNSException, OSError, ValueError):
                continue
            return Reply(answer, server, port, time.monotonic() - began, used_tcp)
    msg = "connection timed out; no servers could be reached"
    raise NoServers(msg)


def look_up(name: str, kind: str, resolv: Resolv, *, port: int = 53) -> Reply:
    """The first answer along the search list that is not NXDOMAIN, or the last."""
    reply = None
    for candidate in candidates(name, resolv):
        reply = ask(candidate, kind, resolv, port=port)
        if reply.message.rcode() != dns.rcode.NXDOMAIN:
            break
    assert reply is not None
    return reply


def address_of(server: str, resolv: Resolv) -> str:
    """A server may be given by name; what cannot be found is tried as it is."""
    if reverse_name(server):
        return server
    found = [data for _, _, kind, data in look_up(server, "A", resolv).answers() if kind == "A"]
    return found[0] if found else server


def is_authoritative(reply: Reply) -> bool:
    """Whether the server knows of its own."""
    return bool(reply.message.flags & dns.flags.AA)
