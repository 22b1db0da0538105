"""What is to be done so that a node's network is as it shall be. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from mockcloud.node.host.network.state import Address, Neighbour, Network, Protocol, Route


@dataclass(frozen=True, slots=True)
class SetUp:
    """Set the interface up."""

    interface: str


@dataclass(frozen=True, slots=True)
class Put:
    """Write it, over whatever is in its place."""

    what: Address | Neighbour | Route


@dataclass(frozen=True, slots=True)
class Remove:
    """Take the route away."""

    route: Route


Repair = SetUp | Put | Remove


def repairs(wanted: Network, seen: Network) -> Iterator[Repair]:
    """In the order in which the kernel takes them. What needs an interface that is away or down has to wait.

    Of what is there and not wanted only routes of ours go; an interface that is down and not wanted up stays.
    """
    set_up = (wanted.up & seen.interfaces) - seen.up
    up = seen.up | set_up
    yield from map(SetUp, sorted(set_up))
    yield from (Put(one) for one in sorted(wanted.addresses - seen.addresses) if one.interface in up)
    yield from (Put(one) for one in sorted(wanted.neighbours - seen.neighbours) if one.interface in up)
    there = {route.way for route in seen.routes}
    missing = [route for route in sorted(wanted.routes) if route.way not in there and route.interface in up]
    # A gateway must be found on a link first, and a range that moves to another one is never without.
    yield from (Put(route) for route in missing if not route.gateway)
    yield from (Put(route) for route in missing if route.gateway)
    yield from map(Remove, _left_over(wanted, seen))


def _left_over(wanted: Network, seen: Network) -> list[Route]:
    """Routes of ours to gateways that are wanted no more; one whose range moved was replaced already."""
    kept = {route.destination for route in wanted.routes}
    ours = (route for route in seen.routes if route.protocol == Protocol.OURS and route.gateway)
    return sorted(route for route in ours if route.destination not in kept)
