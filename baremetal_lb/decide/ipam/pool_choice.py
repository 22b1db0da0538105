"""Which pools a Service may draw from, in which order, and why the others may not serve it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from baremetal_lb.model.api_names import (
    Reason,
)
from baremetal_lb.model.reasons import (
    Refusal,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from baremetal_lb.model.pools import Pool, PoolConfig, ServiceAllocation


@dataclass(frozen=True, slots=True)
class Client:
    """What pinned pools look at: the Service's namespace, with its labels, and its own labels."""

    namespace: str
    namespace_labels: Mapping[str, str]
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Selection:
    """Pools to try, best first, and those ruled out from the start."""

    pools: tuple[Pool, ...]
    refusals: tuple[Refusal, ...]


def admission(pool: Pool, client: Client) -> Refusal | None:
    """Why a pinned pool is not for this Service; None where it is, or where the pool is not pinned."""
    pinned = pool.allocation
    if pinned is None:
        return None
    if not pinned.admits_namespace(client.namespace, client.namespace_labels):
        return Refusal(Reason.PINNED_ELSEWHERE, _named(pool), _pinned_to(pinned))
    if not pinned.admits_service(client.labels):
        return Refusal(Reason.PINNED_ELSEWHERE, _named(pool), "pinned to Services with other labels")
    return None


def admissions(config: PoolConfig, client: Client) -> tuple[Refusal | None, ...]:
    """What the pinned pools say to a Service: those that are told the same have the same prospects."""
    return tuple(admission(pool, client) for pool in config if pool.allocation is not None)


def select(config: PoolConfig, client: Client) -> Selection:
    """The pools for a Service that names none: pinned ones by priority, then the others in their order."""
    pinned, others, refusals = [], [], []
    for pool in config:
        if not pool.auto_assign:
            refusals.append(Refusal(Reason.NOT_AUTO_ASSIGN, _named(pool), "not auto-assign"))
        elif refusal := admission(pool, client):
            refusals.append(refusal)
        elif pool.allocation is not None:
            pinned.append((pool.allocation.priority or float("inf"), pool.name, pool))
        else:
            others.append(pool)
    pinned.sort(key=lambda each: each[:2])
    return Selection((*(pool for *_, pool in pinned), *others), tuple(refusals))


def _named(pool: Pool) -> str:
    return f'pool "{pool.name}"'


def _pinned_to(pinned: ServiceAllocation) -> str:
    if pinned.namespaces:
        return f"pinned to other namespaces ({', '.join(sorted(pinned.namespaces))})"
    return "pinned to namespaces with other labels"
