"""What the cloud's names resolve to. Pure.

A network balancer's name has the addresses of those zones in which each of its ports has a healthy target, or
all of them where there is no such zone (AWS' DNS failover).
"""

from collections.abc import Collection, Iterable
from ipaddress import IPv4Address

from mockcloud.cloud.core.elastic.names import host_name
from mockcloud.cloud.core.elastic_values import BalancerKind
from mockcloud.cloud.core.names import IPAddress, host_names
from mockcloud.cloud.core.state import State
from mockcloud.cloud.core.values import Address, Balancer
from mockcloud.cloud.environment import REGION
from mockcloud.edge.decide.takers import Port

Names = dict[str, tuple[IPAddress, ...]]


def resolved(state: State, ports: Iterable[Port], silent: Collection[IPAddress] = ()) -> Names:
    """Name -> addresses. Those that are `silent` are in a zone that is dead."""
    failing: dict[int, set[IPAddress]] = {}
    for each in ports:
        if not each.takers or each.fails_open:
            failing.setdefault(each.forwarding.balancer, set()).update(each.forwarding.addresses)
    found = host_names(state)
    for balancer in state.all(Balancer):
        every = _addresses(state, balancer)
        serving = every
        if balancer.kind is BalancerKind.NETWORK:
            gone = failing.get(balancer.id, set()).union(silent)
            serving = tuple(each for each in every if each not in gone)
        if every:
            found[host_name(balancer, REGION).lower()] = serving or every
    return found


def _addresses(state: State, balancer: Balancer) -> tuple[IPAddress, ...]:
    """Those of the internet, or the private ones of one that does not face it; only IPv4."""
    if not balancer.public:
        return tuple(each.ip for each in balancer.attachments)
    held = (state.find(Address, number) for number in balancer.addresses)
    elastic = (state.find(Address, each.address) for each in balancer.places if each.address is not None)
    found = {each.id: each.ip for each in (*held, *elastic) if each is not None}
    return tuple(each for each in found.values() if isinstance(each, IPv4Address))
