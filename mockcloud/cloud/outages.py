"""What is wrong with things, and who is met by it. Pure: a state and the faults that were injected."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Network
from typing import TYPE_CHECKING

from mockcloud.cloud.core.health import Health, HealthReason, HealthStatus
from mockcloud.cloud.core.values import Address, Balancer, Instance
from mockcloud.cloud.faults import INJECTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from ipaddress import IPv6Address

    from mockcloud.cloud.core.state import State
    from mockcloud.cloud.faults import Outage

    IPAddress = IPv4Address | IPv6Address

LIES = {
    HealthStatus.HEALTHY.value: Health(HealthStatus.HEALTHY),
    HealthStatus.UNHEALTHY.value: Health(HealthStatus.UNHEALTHY, INJECTED, reason=HealthReason.FAILED),
}
_SILENT = Health(HealthStatus.UNHEALTHY, "no answer", reason=HealthReason.TIMEOUT)


def cut_off(state: State, outages: Iterable[Outage]) -> frozenset[str]:
    """The names of instances that no packet reaches or leaves: frozen, or in a zone that is dead."""
    ordered = tuple(outages)
    return frozenset(each.name for each in state.all(Instance) if _is_cut_off(each, ordered))


def silent_addresses(state: State, outages: Iterable[Outage]) -> frozenset[IPAddress]:
    """The balancers' in zones that are dead, and those of instances that are cut off."""
    ordered = tuple(outages)
    zones = {each.zone for each in ordered if each.zone}
    balancers = state.all(Balancer) if zones else ()
    found = {ip for each in balancers for ip in _addresses_in(state, each, zones)}
    for each in state.all(Instance) if ordered else ():
        if _is_cut_off(each, ordered):
            found.update(one.ip for one in each.private)
            found.update(ip for number in each.addresses for ip in _public(state, number))
    return frozenset(found)


def told_health(
    state: State, outages: Iterable[Outage], place: tuple[int | None, IPAddress], seen: Health
) -> Health:
    """What is believed of a target in a network, of whom this is `seen`: a lie before the truth.

    Where nobody looks, whoever is cut off has no answer.
    """
    ordered = tuple(outages)
    if not ordered:
        return seen
    network, ip = place
    instance = _instance_at(state, network, ip)
    for each in ordered:
        if each.target and (each.target == str(ip) or _is_called(instance, each.target)):
            return LIES[each.health]
    nobody_looked = seen.status is HealthStatus.UNKNOWN
    return _SILENT if nobody_looked and instance is not None and _is_cut_off(instance, ordered) else seen


def _is_cut_off(instance: Instance, outages: Iterable[Outage]) -> bool:
    return any(
        each.zone == instance.zone or (each.instance and _is_called(instance, each.instance))
        for each in outages
    )


def _is_called(instance: Instance | None, text: str) -> bool:
    return instance is not None and text in (instance.name, str(instance.id))


def _instance_at(state: State, network: int | None, ip: IPAddress) -> Instance | None:
    for each in state.all(Instance):
        held = state.addresses_of(each).values()
        if any(ip == one.ip for one in held) or (network is not None and each.at(network) == ip):
            return each
    return None


def _addresses_in(state: State, balancer: Balancer, zones: set[str]) -> Iterator[IPAddress]:
    """Of AWS' balancers each zone has its own; Hetzner's are in one."""
    for place in balancer.places:
        if place.zone in zones:
            yield place.ip
            yield from _public(state, place.address)
    if not balancer.places and balancer.zone in zones:
        yield from (each.ip for each in balancer.attachments)
        for number in balancer.addresses:
            yield from _public(state, number)


def _public(state: State, number: int | None) -> Iterator[IPAddress]:
    found = state.find(Address, number) if number is not None else None
    if found is not None:
        yield found.ip.network_address + 1 if isinstance(found.ip, IPv6Network) else found.ip
