"""The condition's text for each outcome of an allocation; the reasons why not come with each Refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baremetal_lb.decide.ipam.address_choice import summary
from baremetal_lb.model.api_names import (
    METALLB_ALLOCATED,
    Reason,
)
from baremetal_lb.model.services import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from baremetal_lb.decide.ipam.address_choice import Grant
    from baremetal_lb.decide.ipam.allocations import Holding
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.reasons import Refusal


def granted(key: ObjectKey, grant: Grant) -> Outcome:
    """It has what it wants, or of two families at least one."""
    text = f'{_listed(grant.addresses)} from pool "{grant.pool}"'
    if grant.missing:
        text += f"; no second address: {sentence(grant.missing)}"
    return Outcome(key, grant.addresses, grant.pool, Reason.ALLOCATED, text)


def in_use(key: ObjectKey, holding: Holding, who: str, refusals: Sequence[Refusal]) -> Outcome:
    """It keeps what somebody else has, since there is nothing else."""
    text = f'{_listed(holding.addresses)} from pool "{holding.pool}"; {who}; no other: {sentence(refusals)}'
    return Outcome(key, holding.addresses, holding.pool, Reason.ALLOCATED, text)


def denied(key: ObjectKey, refusals: Sequence[Refusal]) -> Outcome:
    """It has nothing, and here is the whole reason."""
    return Outcome(key, (), None, summary(refusals), sentence(refusals))


def outside_pools(key: ObjectKey, holding: Holding) -> Outcome:
    """It keeps what no pool has any more."""
    text = (
        f"{_listed(holding.addresses)}: in no pool any more, kept until the Service goes (on-removal: keep)"
    )
    return Outcome(key, holding.addresses, holding.pool, Reason.OUTSIDE_POOLS, text)


def metallbs(key: ObjectKey, addresses: tuple[IPAddress, ...], pool: str) -> Outcome:
    """It has what MetalLB gave it, of none of our pools: we leave it alone, and say how that can be ended."""
    text = (
        f'MetalLB has given it {_listed(addresses)} from its pool "{pool}", which no pool here has; left '
        "alone. To serve it here: baremetal-lb migrate, or take MetalLB away and then the annotation "
        f"{METALLB_ALLOCATED}; to leave it to MetalLB for good: give one of the two a class"
    )
    return Outcome(key, addresses, None, Reason.SERVED_BY_METALLB, text)


def wish_refused(key: ObjectKey, holding: Holding, refusals: Sequence[Refusal]) -> Outcome:
    """It keeps what it has, for what it asks for now can't be had."""
    text = f"{_listed(holding.addresses)} is kept; the request can't be met: {sentence(refusals)}"
    return Outcome(key, holding.addresses, holding.pool, Reason.REQUEST_REFUSED, text)


def sentence(refusals: Sequence[Refusal]) -> str:
    """Every refusal once, in order."""
    return "; ".join(dict.fromkeys(map(str, refusals)))


def _listed(addresses: Sequence[IPAddress]) -> str:
    return ", ".join(map(str, addresses))
