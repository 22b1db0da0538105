"""What another configuration would do to a cluster's Services: the allocator itself, asked beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from baremetal_lb.decide.service_status import why_cleared
from baremetal_lb.model.addresses import Family
from baremetal_lb.model.pools import Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from baremetal_lb.decide.ipam.allocator import Allocator
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.api_names import (
        Reason,
    )
    from baremetal_lb.model.nodes import NodeView
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.pools import Pool, PoolConfig
    from baremetal_lb.model.services import Outcome


class Effect(StrEnum):
    """What becomes of one Service."""

    KEEP = "keep"
    SILENCE = "silence"  # it has an address, which is announced now and would not be any more
    CHANGE = "change"
    LOSE = "lose"
    GAIN = "gain"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class ServicePreview:
    """One Service before and after, with the reason it would be told."""

    key: ObjectKey
    before: tuple[IPAddress, ...]
    after: tuple[IPAddress, ...]
    reason: Reason
    message: str
    why_left: str = ""  # why it has to leave what it has
    why_silent: str = ""  # why nobody would announce it
    was_silent: bool = False  # whether that is so now
    moves: str = ""  # why another node, or another interface, would announce it

    @property
    def effect(self) -> Effect:
        """In one word."""
        if not self.before:
            return Effect.GAIN if self.after else Effect.WAIT
        if not self.after:
            return Effect.LOSE
        if self.why_silent and not self.was_silent:
            return Effect.SILENCE
        return Effect.KEEP if self.before == self.after else Effect.CHANGE


@dataclass(frozen=True, slots=True)
class PoolPreview:
    """How full one family of a pool would be."""

    name: str
    family: Family
    used: int
    capacity: int


@dataclass(frozen=True, slots=True)
class Preview:
    """All of it: Services by namespace and name, pools in the configuration's order."""

    services: tuple[ServicePreview, ...]
    pools: tuple[PoolPreview, ...]


def preview(allocator: Allocator, config: PoolConfig, nodes: Sequence[NodeView], now: float) -> Preview:
    """Put `config` in force in an allocator that has settled what is so now, and compare."""
    before = allocator.allocations.config
    allocator.configure(config)
    plan = allocator.settle(now)
    why_left = {key: why for key, note in plan.notes if (why := why_cleared(note))}
    services = [
        ServicePreview(
            key,
            shown := _shown(allocator, key),
            outcome.addresses,
            outcome.reason,
            outcome.message,
            why_left.get(key, ""),
            _why_silent(outcome.addresses, config, nodes),
            was_silent=bool(_why_silent(shown, before, nodes)),
            moves=_moves(allocator, outcome, config, nodes),
        )
        for key, outcome in sorted(allocator.outcomes.items())
    ]
    return Preview(tuple(services), tuple(_pools(allocator, config)))


def _why_silent(addresses: Sequence[IPAddress], config: PoolConfig, nodes: Sequence[NodeView]) -> str:
    """Why nobody would announce addresses, as far as pools and nodes say; empty where somebody may."""
    pools = [pool for address in addresses if (pool := config.containing(address))]
    for pool in pools:
        if pool.protocol is not Protocol.LAYER2:
            return f'pool "{pool.name}" has protocol {pool.protocol}, which is not announced yet'
    if pools and nodes and not any(_selected(pools, node) for node in nodes):
        names = " and ".join(dict.fromkeys(f'"{pool.name}"' for pool in pools))
        return f"no node has labels that the node-selectors of pool {names} select"
    return ""


def _selected(pools: Sequence[Pool], node: NodeView) -> bool:
    return all(pool.placement.selects(node.labels) for pool in pools)


def _moves(allocator: Allocator, outcome: Outcome, config: PoolConfig, nodes: Sequence[NodeView]) -> str:
    """Why who announces an address now may not do so as now."""
    view = allocator.view(outcome.key)
    labels = {node.name: node.labels for node in nodes}
    for place in view.status.places() if view else ():
        for pool in (found for each in place.addresses if (found := config.containing(each))):
            if not pool.placement.selects(labels.get(place.node, {})):
                return f'{place.node} announces it now, and pool "{pool.name}" does not select that node'
            if not any(pool.placement.reaches(port.interface) for port in place.ports):
                on = ", ".join(port.interface for port in place.ports)
                return f'it is announced on {on} now, which the interfaces of pool "{pool.name}" leave out'
    return ""


def _shown(allocator: Allocator, key: ObjectKey) -> tuple[IPAddress, ...]:
    view = allocator.view(key)
    return view.status.addresses if view is not None else ()


def _pools(allocator: Allocator, config: PoolConfig) -> Sequence[PoolPreview]:
    found = []
    for pool in config:
        for family in Family:
            usage = allocator.allocations.usage(pool, family)
            if usage is not None:
                found.append(PoolPreview(pool.name, family, usage.in_use, usage.free_list.capacity))
    return found
