"""Ports of balancers, for tests of what becomes of them."""

from dataclasses import replace
from ipaddress import ip_address

from mockcloud.cloud.core.forwarding import Backend, Forwarding, PoolKey, Speaks, Way
from mockcloud.edge.decide.takers import Port

FRONT = ip_address("198.18.0.4")
BALANCER = 1001


def backend(number, *, port=30080, **more):
    """A target at 10.0.0.NUMBER."""
    return Backend(ip_address(f"10.0.0.{number}"), port, **more)


def port(*backends, takers=None, **more):
    """Port 80 of a balancer; all of its targets take connections, unless it is said which do."""
    forwarding = Forwarding(
        BALANCER, (FRONT,), 80, Speaks.TCP, Way.PROXIED, PoolKey("balancer", BALANCER, 80), backends
    )
    return Port(replace(forwarding, **more), backends if takers is None else takers)


def translated(*backends, takers=None, **more):
    """The same, packet by packet."""
    return port(*backends, takers=takers, way=Way.TRANSLATED, **more)
