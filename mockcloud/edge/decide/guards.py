"""Security groups -> who may open connections to whom, as rules of nftables. Pure.

Whoever is in the same groups has the same rules, so they share a chain. IPv4 only: instances have no other.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from mockcloud.cloud.core.security_groups import Opening, openings
from mockcloud.cloud.core.security_values import ANY_PROTOCOL
from mockcloud.cloud.core.state import State
from mockcloud.cloud.core.values import Address, Balancer, HolderKind, Instance

_WITH_PORTS: Final = frozenset({"tcp", "udp"})


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
    for balancer in state.all(Balancer):
        held = {
            each.ip
            for each in state.all(Address)
            if each.holder is not None
            and (each.holder.kind, each.holder.id) == (HolderKind.BALANCER, balancer.id)
            and isinstance(each.ip, IPv4Address)
        }
        _add(found, state, balancer, {*held, *(each.ip for each in balancer.attachments)})
    return found


def _add(found: Guards, state: State, who: Instance | Balancer, addresses: set[IPv4Address]) -> None:
    let_in = openings(state, who)
    if let_in is None:
        return
    name = "-".join(("groups", *map(str, sorted(who.security_groups))))
    if name not in found.chains:
        found.chains[name] = (*(rule for each in let_in for rule in _rules(each)), "drop")
    found.before.update(dict.fromkeys(addresses, name))


def _rules(opening: Opening) -> Iterator[str]:
    what = _what(opening)
    for source in opening.sources:
        if isinstance(source, IPv4Network) and what is not None:
            yield " ".join(filter(None, (f"ip saddr {source}" if source.prefixlen else "", what, "accept")))


def _what(opening: Opening) -> str | None:
    """None: it is not of IPv4."""
    protocol = opening.protocol
    if protocol in ("icmpv6", "58"):
        return None
    if protocol == ANY_PROTOCOL:
        return ""
    if protocol in _WITH_PORTS and opening.ports is not None:
        first, last = opening.ports
        return f"{protocol} dport {first}" if first == last else f"{protocol} dport {first}-{last}"
    return f"meta l4proto {protocol}"
