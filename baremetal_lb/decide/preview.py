"""What another configuration would do to a cluster's Services: the allocator itself, asked beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from baremetal_lb.model.addresses import Family

if TYPE_CHECKING:
    from collections.abc import Sequence

    from baremetal_lb.decide.allocation.allocator import Allocator
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.pools import PoolConfig
    from baremetal_lb.model.reasons import Reason


class Effect(StrEnum):
    """What becomes of one Service."""

    KEEP = "keep"
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

    @property
    def effect(self) -> Effect:
        """In one word."""
        if not self.before:
            return Effect.GAIN if self.after else Effect.WAIT
        if not self.after:
            return Effect.LOSE
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


def preview(allocator: Allocator, config: PoolConfig, now: float) -> Preview:
    """Put `config` in force in an allocator that has settled what is so now, and compare."""
    allocator.configure(config)
    allocator.settle(now)
    services = [
        ServicePreview(key, _shown(allocator, key), outcome.addresses, outcome.reason, outcome.message)
        for key, outcome in sorted(allocator.outcomes.items())
    ]
    return Preview(tuple(services), tuple(_pools(allocator, config)))


def _shown(allocator: Allocator, key: ObjectKey) -> tuple[IPAddress, ...]:
    view = allocator.view(key)
    return view.status.addresses if view is not None else ()


def _pools(allocator: Allocator, config: PoolConfig) -> Sequence[PoolPreview]:
    found = []
    for pool in config:
        for family in Family:
            stock = allocator.books.stock(pool, family)
            if stock is not None:
                found.append(PoolPreview(pool.name, family, stock.in_use, stock.vacancy.capacity))
    return found
