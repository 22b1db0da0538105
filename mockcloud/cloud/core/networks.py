"""Private networks: ranges, subnets, routes, and which address in them is given next."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network
from itertools import islice
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.resources import check_labels, check_room, unique_name
from mockcloud.cloud.core.security_values import SecurityGroup
from mockcloud.cloud.core.values import (
    Attachment,
    Balancer,
    Instance,
    Labels,
    Network,
    ResourceKind,
    Route,
    Subnet,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockcloud.cloud.core.catalogue import Catalogue
    from mockcloud.cloud.core.state import Draft, State
    from mockcloud.cloud.core.values import Operation

_PRIVATE: Final = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))  # RFC 1918


@dataclass(frozen=True, slots=True)
class NewNetwork:
    """What somebody asks for."""

    name: str
    range: IPv4Network
    subnets: Sequence[Subnet] = ()
    routes: Sequence[Route] = ()
    labels: Labels = field(default_factory=dict)
    exposes_routes: bool = False


def create(draft: Draft, wanted: NewNetwork, catalogue: Catalogue) -> Network:
    """A network; Refusal INVALID, NOT_UNIQUE, QUOTA, OVERLAP."""
    check_room(draft.state, catalogue, ResourceKind.NETWORK)
    unique_name(draft.state, Network, wanted.name)
    if not any(wanted.range.subnet_of(each) for each in _PRIVATE):
        raise Refusal(Why.INVALID, f"ip_range {wanted.range} is not a private range (RFC 1918)", "ip_range")
    made = Network(
        draft.new_id(ResourceKind.NETWORK),
        wanted.name,
        draft.now,
        wanted.range,
        labels=check_labels(wanted.labels),
        exposes_routes=wanted.exposes_routes,
    )
    for subnet in wanted.subnets:
        made = _with_subnet(made, subnet)
    for route in wanted.routes:
        made = _with_route(made, route)
    return draft.put(made)


def add_subnet(draft: Draft, network: Network, subnet: Subnet) -> Operation:
    """Another part of it; Refusal INVALID, OVERLAP."""
    return draft.begin("add_subnet", draft.put(_with_subnet(network, subnet)))


def next_range(network: Network) -> IPv4Network:
    """The first /24 of a network in which no subnet is."""
    parts = network.range.subnets(new_prefix=max(24, network.range.prefixlen))
    free = (each for each in parts if not any(each.overlaps(other.range) for other in network.subnets))
    found = next(free, None)
    if found is None:
        raise Refusal(Why.NO_SPACE, f"network {network.name} has no room for another subnet", "ip_range")
    return found


def delete_subnet(draft: Draft, network: Network, whole: IPv4Network) -> Operation:
    """A part goes; Refusal NOT_FOUND, IN_USE while somebody has an address in it."""
    left = tuple(each for each in network.subnets if each.range != whole)
    if len(left) == len(network.subnets):
        raise Refusal(Why.NOT_FOUND, f"network {network.name} has no subnet {whole}", "ip_range")
    if any(ip in whole for ip in used(draft.state, network.id)):
        raise Refusal(Why.IN_USE, f"subnet {whole} is in use", "ip_range")
    return draft.begin("delete_subnet", draft.put(replace(network, subnets=left)))


def add_route(draft: Draft, network: Network, route: Route) -> Operation:
    """Another route; Refusal INVALID, OVERLAP."""
    return draft.begin("add_route", draft.put(_with_route(network, route)))


def delete_route(draft: Draft, network: Network, route: Route) -> Operation:
    """A route goes; Refusal NOT_FOUND."""
    if route not in network.routes:
        raise Refusal(Why.NOT_FOUND, f"network {network.name} has no such route", "destination")
    left = tuple(each for each in network.routes if each != route)
    return draft.begin("delete_route", draft.put(replace(network, routes=left)))


def delete(draft: Draft, network: Network) -> None:
    """It is gone; Refusal PROTECTED, IN_USE."""
    if network.protected:
        raise Refusal(Why.PROTECTED, f"network {network.name} is protected against deletion")
    if used(draft.state, network.id):
        raise Refusal(Why.IN_USE, f"network {network.name} is in use: detach what is in it first")
    for each in draft.state.all(SecurityGroup):
        if each.network == network.id:
            draft.drop(each)
    draft.drop(network)


def place(
    draft: Draft, network: Network, wanted: IPv4Address | None, within: IPv4Network | None
) -> Attachment:
    """The address asked for, or the next free one; Refusal ADDRESS_TAKEN, NO_SPACE, INVALID."""
    parts = [each for each in network.subnets if each.kind == "cloud" and within in (None, each.range)]
    if within is not None and not parts:
        raise Refusal(Why.INVALID, f"network {network.name} has no subnet {within}", "ip_range")
    taken = used(draft.state, network.id)
    if wanted is not None:
        if not any(wanted in each.range and wanted not in reserved(each) for each in parts):
            raise Refusal(Why.INVALID, f"{wanted} is in no subnet of network {network.name}", "ip")
        if wanted in taken:
            raise Refusal(Why.ADDRESS_TAKEN, f"{wanted} is in use", "ip")
        return Attachment(network.id, wanted)
    for each in parts:
        for ip in islice(each.range.hosts(), len(reserved(each)), None):
            if ip not in taken:
                return Attachment(network.id, ip)
    raise Refusal(Why.NO_SPACE, f"no address is left in the subnets of network {network.name}", "network")


def gateway(whole: IPv4Network) -> IPv4Address:
    """Of a network or subnet: its first address."""
    return whole.network_address + 1


def reserved(subnet: Subnet) -> tuple[IPv4Address, ...]:
    """The first hosts of a subnet, which nobody gets: the gateway; AWS keeps two more."""
    first = gateway(subnet.range)
    return (first, first + 1, first + 2) if subnet.zone else (first,)


def used(state: State, network: int) -> set[IPv4Address]:
    """The addresses that somebody has in a network."""
    found = {ip for each in state.all(Instance) if (ip := each.at(network)) is not None}
    private = (each for balancer in state.all(Balancer) for each in balancer.attachments)
    return found | {each.ip for each in private if each.network == network}


def _with_subnet(network: Network, subnet: Subnet) -> Network:
    if not subnet.range.subnet_of(network.range):
        raise Refusal(Why.INVALID, f"subnet {subnet.range} is not in {network.range}", "ip_range")
    other = next((each for each in network.subnets if each.range.overlaps(subnet.range)), None)
    if other is not None:
        raise Refusal(Why.OVERLAP, f"subnet {subnet.range} overlaps with {other.range}", "ip_range")
    return replace(network, subnets=(*network.subnets, subnet))


def _with_route(network: Network, route: Route) -> Network:
    if route.gateway not in network.range:
        raise Refusal(Why.INVALID, f"gateway {route.gateway} is not in {network.range}", "gateway")
    if any(each.destination == route.destination for each in network.routes):
        raise Refusal(Why.OVERLAP, f"there is a route to {route.destination} already", "destination")
    return replace(network, routes=(*network.routes, route))
