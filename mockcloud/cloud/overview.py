"""The balancers of a cloud of either dialect, with their targets' health, as one table for people. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mockcloud.cloud.core.elastic.forwarding import addresses_of, forwardings, group_pool, zone_of
from mockcloud.cloud.core.elastic.health import TargetState, address_of, target_health
from mockcloud.cloud.core.elastic_values import TargetGroup
from mockcloud.cloud.core.forwarding import is_there
from mockcloud.cloud.core.health import Health
from mockcloud.cloud.core.state import ref_to
from mockcloud.cloud.core.values import Balancer, Instance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockcloud.cloud.core.forwarding import Backend, Forwarding, PoolKey
    from mockcloud.cloud.core.state import State
    from mockcloud.cloud.service import CloudService


@dataclass(frozen=True, slots=True)
class Target:
    """Where a port of a balancer sends; `instance` is its name, empty where an address was given."""

    address: str
    port: int
    instance: str
    health: str
    why: str
    draining: bool


@dataclass(frozen=True, slots=True)
class Port:
    """One that forwards: what is spoken there, and to whom it goes."""

    port: int
    protocol: str
    addresses: tuple[str, ...]
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One balancer; `state` is provisioning, active or failed."""

    name: str
    kind: str
    state: str
    addresses: tuple[str, ...]
    ports: tuple[Port, ...]


def overview(cloud: CloudService) -> list[dict[str, Any]]:
    """By name; those, too, that forward nothing."""
    now, state = cloud.clock.now(), cloud.state
    ports: dict[int, list[Port]] = {}
    for each in forwardings(state, now).ports:
        ports.setdefault(each.balancer, []).append(_port(cloud, each))
    rows = [
        Row(
            *(each.name, each.kind.value, _state(state, each, now)),
            tuple(map(str, addresses_of(state, each))),
            tuple(ports.get(each.id, ())),
        )
        for each in state.all(Balancer)
    ]
    return [asdict(each) for each in sorted(rows, key=lambda row: row.name)]


def _state(state: State, balancer: Balancer, now: float) -> str:
    if is_there(state, balancer, now):
        return "active"
    return "provisioning" if state.last_operation[ref_to(balancer)].is_running(now) else "failed"


def _port(cloud: CloudService, each: Forwarding) -> Port:
    targets = (_target(cloud, each.pool, backend) for backend in each.backends)
    return Port(
        each.port, each.speaks.value, tuple(map(str, each.addresses)), (*targets, *_unused(cloud, each))
    )


def _unused(cloud: CloudService, port: Forwarding) -> Iterator[Target]:
    """Who is registered, and gets nothing: where its zone's address is, or everywhere if it has none."""
    if port.pool != group_pool(port.pool.id):
        return
    state, now = cloud.state, cloud.clock.now()
    group, balancer = state.get(TargetGroup, port.pool.id), state.get(Balancer, port.balancer)
    here = {each.zone for each in balancer.places if each.ip in port.addresses}
    elsewhere = {each.zone for each in balancer.places} - here
    for member in group.present(now):
        health = target_health(state, group, member, Health(), now)
        if health.state is TargetState.UNUSED and zone_of(state, member) not in elsewhere:
            instance = state.find(Instance, member.instance) if member.instance is not None else None
            why = health.reason.value if health.reason is not None else ""
            yield Target(
                str(address_of(state, group, member) or ""),
                member.port,
                instance.name if instance is not None else "",
                health.state.value,
                why,
                draining=False,
            )


def _target(cloud: CloudService, pool: PoolKey, backend: Backend) -> Target:
    instance = cloud.state.find(Instance, backend.instance) if backend.instance is not None else None
    health = _health(cloud, pool, backend)
    why = health.detail or (health.reason.value if health.reason else "")
    name = instance.name if instance else ""
    return Target(str(backend.address), backend.port, name, health.status.value, why, backend.draining)


def _health(cloud: CloudService, pool: PoolKey, backend: Backend) -> Health:
    if pool == group_pool(pool.id):
        return cloud.group_health(pool.id, backend.address, backend.port)
    return cloud.health(pool.id, backend.address, pool.port)
