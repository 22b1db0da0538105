"""Security groups -> who may open connections to whom, as rules of nftables. Pure.

Whoever is in the same groups has the same rules, so they share a chain. IPv4 only: instances have no other.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import Final, TypeAlias

from mockcloud.cloud.core.security_groups import Opening, openings
from mockcloud.cloud.core.security_values import ANY_PROTOCOL
from mockcloud.cloud.core.state import State
from mockcloud.cloud.core.values import Address, Balancer, HolderKind, Instance

_WITH_PORTS: Final = frozenset({"tcp", "udp"})
_OF_IPV6: Final = frozenset({"icmpv6", "58"})
_Ports: TypeAlias = tuple[int, int]  # first, last


@dataclass(frozen=True, slots=True)
class Guards:
    """Chains by name, each a list of rules; and the chain that stands before each address."""

    chains: dict[str, tuple[str, ...]] = field(default_factory=dict)
    before: dict[IPv4Address, str] = field(default_factory=dict)


def guards(state: State) -> Guards:
    """Of all instances, by their private addresses, and of all balancers, by all that they have."""
    found = Guards()
    for instance in state.all(Instance):
        _add(found, state, instance, {each.ip for each in instance.private})
    held: dict[int, set[IPv4Address]] = {}
    for each in state.all(Address):
        holder = each.holder
        if holder is not None and holder.kind is HolderKind.BALANCER and isinstance(each.ip, IPv4Address):
            held.setdefault(holder.id, set()).add(each.ip)
    for balancer in state.all(Balancer):
        own = held.get(balancer.id, set())
        _add(found, state, balancer, own.union(each.ip for each in balancer.attachments))
    return found


def _add(found: Guards, state: State, who: Instance | Balancer, addresses: set[IPv4Address]) -> None:
    if not who.security_groups:
        return
    name = "-".join(("groups", *map(str, sorted(who.security_groups))))
    if name not in found.chains:
        found.chains[name] = (*_rules(openings(state, who) or ()), "drop")
    found.before.update(dict.fromkeys(addresses, name))


def _rules(let_in: Iterable[Opening]) -> Iterator[str]:
    """One for all ports of a protocol that a source may reach: a packet meets few, however many they are."""
    ports: dict[tuple[IPv4Network, str], list[_Ports]] = {}
    whole: dict[tuple[IPv4Network, str], None] = {}  # in the order of the groups
    for opening in let_in:
        for source in opening.sources:
            if not isinstance(source, IPv4Network) or opening.protocol in _OF_IPV6:
                continue
            if opening.protocol in _WITH_PORTS and opening.ports is not None:
                ports.setdefault((source, opening.protocol), []).append(opening.ports)
            else:
                whole[source, opening.protocol] = None
    for source, protocol in whole:
        yield _rule(source, "" if protocol == ANY_PROTOCOL else f"meta l4proto {protocol}")
    for (source, protocol), ranges in ports.items():
        yield _rule(source, f"{protocol} dport {_spelled(_merged(ranges))}")


def _rule(source: IPv4Network, what: str) -> str:
    return " ".join(filter(None, (f"ip saddr {source}" if source.prefixlen else "", what, "accept")))


def _merged(ranges: Iterable[_Ports]) -> list[_Ports]:
    """By their first port, no two of which overlap: nft refuses a set of which any do."""
    found: list[_Ports] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def _spelled(ranges: list[_Ports]) -> str:
    texts = [f"{first}" if first == last else f"{first}-{last}" for first, last in ranges]
    return texts[0] if len(texts) == 1 else f"{{ {', '.join(texts)} }}"
