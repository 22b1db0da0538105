"""Which targets of a port take new connections. Pure."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv6Address

from mockcloud.cloud.core.forwarding import Backend, Forwarding, IPAddress, Pool, PoolKey

Takes = Callable[[PoolKey, Backend], bool]


@dataclass(frozen=True, slots=True)
class Port:
    """One port of a balancer, with those of its targets that take new connections now.

    `fails_open`: none of them is known to be healthy.
    """

    forwarding: Forwarding
    takers: tuple[Backend, ...]
    fails_open: bool = False


def port(forwarding: Forwarding, pools: Mapping[PoolKey, Pool], takes: Takes) -> Port:
    """Who takes connections and does not drain; where nobody does and the pool fails open, all that stay."""
    staying = tuple(each for each in forwarding.backends if not each.draining)
    healthy = tuple(each for each in staying if takes(forwarding.pool, each))
    if healthy:
        return Port(forwarding, healthy)
    pool = pools.get(forwarding.pool)
    fails_open = pool is not None and pool.fails_open
    return Port(forwarding, staying if fails_open else (), fails_open)


def listening(ports: Iterable[Port], silent: Container[IPAddress]) -> Iterator[Port]:
    """Without IPv6 addresses that are silent; those of IPv4 are dropped by nftables."""
    for each in ports:
        before = each.forwarding.addresses
        left = tuple(ip for ip in before if not (isinstance(ip, IPv6Address) and ip in silent))
        if left == before:
            yield each
        elif left:
            yield replace(each, forwarding=replace(each.forwarding, addresses=left))
