"""The ports that are forwarded packet by packet -> what nftables holds, each change one transaction. Pure.

Nearly all of it is elements of maps and sets. Clients inside of the private network are given the edge's
address there as their source: an answer that went to them straight would be no answer to what they asked.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from typing import Final

from mockcloud.cloud.core.forwarding import Forwarding, Speaks, Way
from mockcloud.edge.decide.guards import Guards
from mockcloud.edge.decide.takers import Port

TABLE: Final = "ip mockcloud-edge"
ELEMENTS_A_LINE: Final = 200
SEED: Final = (
    1  # of the hash: a flow comes to the same target after each change that leaves its number of targets
)
_WHERE: Final = "ip daddr . meta l4proto . th dport"
_KEY: Final = "ipv4_addr . inet_proto . inet_service"

Contents = dict[str, dict[str, str]]
"""Map or set -> key -> value, in nft's words; a set's have none. `chains`: name -> rules, one a line;
`idle`: the name of a limit -> what it is."""

CHAINS, IDLE = "chains", "idle"

_KINDS: Final = {
    "ports": f"map ports {{ type {_KEY} : verdict ; }}",
    "marks": f"map marks {{ type {_KEY} : mark ; }}",
    "targets": f"map targets {{ type {_KEY} . mark : ipv4_addr . inet_service ; }}",
    "sources": "map sources { type mark : ipv4_addr ; }",
    "keeping": "set keeping { type mark ; }",
    "itself": "set itself { type ipv4_addr . ipv4_addr ; }",
    "instances": "map instances { type ipv4_addr : ipv4_addr ; }",
    "publics": "map publics { type ipv4_addr : ipv4_addr ; }",
    "silent": "set silent { type ipv4_addr ; }",
    "guarded": "map guarded { type ipv4_addr : verdict ; }",
}
NOTHING: Final[Contents] = {name: {} for name in (CHAINS, IDLE, *_KINDS)}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the edge stands: its interfaces, the private network, and Kubernetes' API in it."""

    inside: str
    outside: str
    private: IPv4Network
    api: tuple[IPv4Address, int]  # whoever is outside may ask there


def contents(
    ports: Iterable[Port],
    instances: Mapping[IPv4Address, IPv4Address],
    guards: Guards,
    silent: Iterable[IPv4Address | IPv6Address] = (),
) -> Contents:
    """All elements. `instances`: the public address of each that has one -> its private one.

    `silent`: what comes to these addresses has no answer, not even a refusal.
    """
    found: Contents = {name: {} for name in NOTHING}
    for each in ports:
        if each.forwarding.way is Way.TRANSLATED and each.takers:
            _add(found, each)
    for public, private in instances.items():
        found["instances"][str(public)] = str(private)
        found["publics"].setdefault(str(private), str(public))
    found[CHAINS] |= {name: "\n".join(rules) for name, rules in guards.chains.items()}
    found["silent"] = {str(each): "" for each in silent if isinstance(each, IPv4Address)}
    found["guarded"] = {str(ip): f"goto {name}" for ip, name in guards.before.items()}
    return found


def _add(found: Contents, port: Port) -> None:
    forwarding, mark = port.forwarding, str(mark_of(port.forwarding))
    protocol = "udp" if forwarding.speaks is Speaks.UDP else "tcp"
    takers = [each for each in port.takers if isinstance(each.address, IPv4Address)]
    idle = f"{protocol}-{forwarding.idle:.0f}"
    chain = f"{'source' if forwarding.sticks_to_source else 'flow'}-{len(takers)}-{idle}"
    found[CHAINS][chain] = "\n".join(_picker(chain, idle))
    found[IDLE][idle] = _idle_limit(protocol, forwarding.idle)
    for address in (each for each in forwarding.addresses if isinstance(each, IPv4Address)):
        where = f"{address} . {protocol} . {forwarding.port}"
        found["ports"][where] = f"goto {chain}"
        found["marks"][where] = mark
        for index, taker in enumerate(takers):
            found["targets"][f"{where} . {index}"] = f"{taker.address} . {taker.port}"
    if forwarding.keeps_client:
        found["keeping"][mark] = ""
        found["itself"] |= {f"{each.address} . {each.address}": "" for each in takers}
    elif source := next((each.source for each in takers if each.source is not None), None):
        found["sources"][mark] = str(source)


def mark_of(forwarding: Forwarding) -> int:
    """What connections of a port are known by; it is the same for as long as the port is there."""
    return (forwarding.balancer & 0xFFFF) << 16 | forwarding.port


def loaded(wanted: Contents, where: Surroundings) -> str:
    """One transaction: whatever table is there is replaced by one with these elements."""
    lines = [f"add table {TABLE}", f"delete table {TABLE}", f"add table {TABLE} {{"]
    lines += [*_KINDS.values(), *_fixed(where), "}"]
    return "\n".join([*lines, *_changed(NOTHING, wanted)]) + "\n"


def change(before: Contents, after: Contents) -> str:
    """One transaction from one to the other; empty where nothing changed."""
    lines = list(_changed(before, after))
    return "\n".join(lines) + "\n" if lines else ""


def _changed(before: Contents, after: Contents) -> Iterator[str]:
    """A chain that nobody goes to any more is emptied, not deleted: kernels before 6.2 may hold it."""
    for name in after[IDLE].keys() - before[IDLE].keys():
        yield f"add ct timeout {TABLE} {name} {{ {after[IDLE][name]} }}"
    chains = [name for name, rules in after[CHAINS].items() if before[CHAINS].get(name) != rules]
    for name in chains:
        yield from (f"add chain {TABLE} {name}", f"flush chain {TABLE} {name}")
        yield from (f"add rule {TABLE} {name} {rule}" for rule in after[CHAINS][name].splitlines())
    for name in _KINDS:
        old, new = before[name], after[name]
        gone = [key for key, value in old.items() if new.get(key) != value]
        come = [key for key, value in new.items() if old.get(key) != value]
        yield from _elements("delete", name, gone)
        yield from _elements("add", name, [f"{key} : {new[key]}" if new[key] else key for key in come])
    for name in before[CHAINS].keys() - after[CHAINS].keys():
        yield f"flush chain {TABLE} {name}"


def _elements(verb: str, name: str, texts: list[str]) -> Iterator[str]:
    for start in range(0, len(texts), ELEMENTS_A_LINE):
        some = ", ".join(texts[start : start + ELEMENTS_A_LINE])
        yield f"{verb} element {TABLE} {name} {{ {some} }}"


def _picker(name: str, idle: str) -> Iterator[str]:
    """The rules that choose one of so many targets: by the flow, or by the client alone."""
    by, many, *_ = name.split("-")
    what = "ip saddr" if by == "source" else "ip saddr . ip daddr . th sport"
    # jhash wants a modulus of 2 at least.
    index = f"jhash {what} mod {many} seed {SEED}" if int(many) > 1 else "0"
    yield f'ct timeout set "{idle}"'
    yield f"ct mark set {_WHERE} map @marks"
    yield f"meta mark set {index}"
    yield f"dnat to {_WHERE} . meta mark map @targets"


def _idle_limit(protocol: str, seconds: float) -> str:
    """How long a connection may be silent before it is forgotten."""
    states = ("established",) if protocol == "tcp" else ("unreplied", "replied")
    policy = ", ".join(f"{state} : {seconds:.0f}" for state in states)
    return f"protocol {protocol} ; l3proto ip ; policy = {{ {policy} }} ;"


def _fixed(where: Surroundings) -> Iterator[str]:
    """What is there for all balancers and instances."""
    inside, outside, private = where.inside, where.outside, where.private
    api, port = where.api
    # Balancers' groups, before an address becomes another; instances' below, when it has.
    yield "chain entering { type filter hook prerouting priority mangle ;"
    yield "ip daddr @silent drop"
    yield "ct state new ip daddr vmap @guarded ; }"
    for chain, hook in (("arriving", "prerouting priority dstnat"), ("own", "output priority -100")):
        yield f"chain {chain} {{ type nat hook {hook} ;"
        yield f"{_WHERE} vmap @ports"
        yield "dnat to ip daddr map @instances ; }"
    yield "chain passing { type filter hook forward priority filter ;"
    yield "ip daddr @silent drop"
    yield "ct mark @keeping ip saddr . ip daddr @itself drop"  # a target that asks itself: as in AWS, no way
    yield "ct state established,related accept"
    yield f'iifname "{outside}" ip daddr {api} tcp dport {port} accept'
    yield f'iifname "{outside}" ct status & dnat == 0 reject with icmp admin-prohibited'
    # Who is sent on with a balancer's address is looked at as that, which is in the private network.
    yield "ct mark != 0 ct mark != @keeping accept"
    yield "ip daddr vmap @guarded ; }"
    yield "chain asking { type filter hook output priority filter ;"
    yield "ip daddr @silent drop"
    yield "ct state new ip daddr vmap @guarded ; }"
    yield "chain leaving { type nat hook postrouting priority srcnat ;"
    yield "ct status dnat snat to ct mark map @sources"
    yield f'ct status dnat ip saddr {private} oifname "{inside}" masquerade'
    yield f'oifname "{outside}" ip saddr {private} snat to ip saddr map @publics'
    yield f'oifname "{outside}" ip saddr {private} masquerade ; }}'
