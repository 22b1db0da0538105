"""Which targets of a port take new connections. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mockcloud.cloud.core.forwarding import Backend, Forwarding, Pool, PoolKey
from mockcloud.cloud.core.health import HealthStatus

StatusOf = Callable[[PoolKey, Backend], HealthStatus]


@dataclass(frozen=True, slots=True)
class Port:
    """One port of a balancer, with those of its targets that take new connections now.

    `fails_open`: none of them is healthy.
    """

    forwarding: Forwarding
    takers: tuple[Backend, ...]
    fails_open: bool = False


def port(forwarding: Forwarding, pools: Mapping[PoolKey, Pool], status: StatusOf) -> Port:
    """Who is healthy and does not drain; where nobody is, and the pool fails open, all that do not drain."""
    staying = tuple(each for each in forwarding.backends if not each.draining)
    healthy = tuple(each for each in staying if status(forwarding.pool, each) is HealthStatus.HEALTHY)
    if healthy:
        return Port(forwarding, healthy)
    pool = pools.get(forwarding.pool)
    fails_open = pool is not None and pool.fails_open
    return Port(forwarding, staying if fails_open else (), fails_open)
