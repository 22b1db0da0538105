"""One Service before the allocations: what should it have, and why? They are asked, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from baremetal_lb.decide import service_status
from baremetal_lb.decide.ipam import messages
from baremetal_lb.decide.ipam.address_choice import Denial, Grant, choose, second_address
from baremetal_lb.decide.ipam.pool_choice import admission
from baremetal_lb.model.addresses import IPAddress, family_of
from baremetal_lb.model.api_names import (
    Reason,
)
from baremetal_lb.model.reasons import (
    Refusal,
)

if TYPE_CHECKING:
    from baremetal_lb.decide.ipam.allocations import Allocations, Holding
    from baremetal_lb.decide.ipam.pool_choice import Client
    from baremetal_lb.decide.ipam.requests import Request
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.reasons import Note
    from baremetal_lb.model.services import Outcome


@dataclass(frozen=True, slots=True)
class Input:
    """All there is to know about one Service."""

    key: ObjectKey
    request: Request
    client: Client
    holding: Holding | None
    stays_outside: bool = False  # `on-removal: keep` protects what it holds
    asks_consent: bool = False  # its terms have changed, so the first owner's consent counts again


@dataclass(frozen=True, slots=True)
class AllocationDecision:
    """What it should have, whether it goes on waiting for more, and why it had to leave what it had.

    `why_stuck`: why it stays on what somebody else has, though there may be other addresses.
    """

    outcome: Outcome
    waits: bool = False
    why_left: Note | None = None
    why_stuck: Note | None = None


def judge(allocations: Allocations, case: Input) -> AllocationDecision:
    """The verdict on a Service, with or without addresses now."""
    if case.holding is None:
        return _seek(allocations, case, None)
    if _is_outside(allocations, case.holding) and case.stays_outside:
        return AllocationDecision(messages.outside_pools(case.key, case.holding))
    why = _must_leave(allocations, case, case.holding)
    if why is not None:
        return _seek(allocations, case, service_status.cleared(case.key, str(why)))
    return _stay(allocations, case, case.holding)


def judge_senseless(allocations: Allocations, case: Input, refusal: Refusal) -> AllocationDecision:
    """The verdict on a Service whose request makes no sense: it takes nothing away, and gives nothing."""
    if case.holding is None:
        return AllocationDecision(messages.denied(case.key, (refusal,)))
    if not (_is_outside(allocations, case.holding) and case.stays_outside):
        why = _must_leave(allocations, case, case.holding)
        if why is not None:
            left = service_status.cleared(case.key, str(why))
            return AllocationDecision(messages.denied(case.key, (refusal,)), why_left=left)
    return AllocationDecision(messages.wish_refused(case.key, case.holding, (refusal,)))


def _seek(allocations: Allocations, case: Input, why_left: Note | None) -> AllocationDecision:
    answer = choose(allocations, case.request, case.client)
    if isinstance(answer, Denial):
        return AllocationDecision(messages.denied(case.key, answer.refusals), waits=True, why_left=why_left)
    return AllocationDecision(messages.granted(case.key, answer), bool(answer.missing), why_left)


def _stay(allocations: Allocations, case: Input, holding: Holding) -> AllocationDecision:
    """It may keep what it has; does it want something else, less, or one more?"""
    if _wants_other(case.request, holding):
        return _move(allocations, case, holding)
    if any(_is_taken(allocations, case.request, address) for address in holding.addresses):
        return _give_way(allocations, case, holding)
    kept = tuple(each for each in holding.addresses if family_of(each) in case.request.families)
    pool = allocations.config.containing(kept[0])
    if pool is None or len(kept) == len(case.request.families):
        return AllocationDecision(messages.granted(case.key, Grant(kept, holding.pool or "")))
    second = second_address(allocations, case.request, kept, pool)
    if not isinstance(second, Refusal):
        both = tuple(sorted((*kept, second), key=lambda address: address.version))
        return AllocationDecision(messages.granted(case.key, Grant(both, pool.name)))
    if case.request.all_required:
        return _move(allocations, case, holding)
    return AllocationDecision(messages.granted(case.key, Grant(kept, pool.name, (second,))), waits=True)


def _move(allocations: Allocations, case: Input, holding: Holding) -> AllocationDecision:
    """The new address is taken before the old one goes; where there is no new one, the old one stays."""
    answer = choose(allocations, case.request, case.client)
    if isinstance(answer, Denial):
        return AllocationDecision(messages.wish_refused(case.key, holding, answer.refusals), waits=True)
    return AllocationDecision(messages.granted(case.key, answer), bool(answer.missing))


def _give_way(allocations: Allocations, case: Input, holding: Holding) -> AllocationDecision:
    """Somebody outside of the cluster has an address of the Service, who did not ask for that very one."""
    kept = tuple(each for each in holding.addresses if not _is_taken(allocations, case.request, each))
    who = "; ".join(_claim(allocations, each) for each in holding.addresses if each not in kept)
    verdict = _replace(allocations, case, kept, who)
    fresh = [each for each in verdict.outcome.addresses if allocations.occupancy(each) is None]
    refusal = allocations.attempts.refuse(allocations.wall_offset) if fresh else None
    if refusal is None:
        return verdict
    stuck = service_status.stuck(case.key, who, str(refusal))
    return AllocationDecision(
        messages.in_use(case.key, holding, who, (refusal,)), waits=True, why_stuck=stuck
    )


def _claim(allocations: Allocations, address: IPAddress) -> str:
    occupant = allocations.quarantine.who(address)
    assert occupant is not None
    return f"{address}: {occupant}{allocations.attempts.suspicion(occupant.mac)}"


def _replace(
    allocations: Allocations, case: Input, kept: tuple[IPAddress, ...], who: str
) -> AllocationDecision:
    """What it gets in the place of what it should leave: `kept` and more, all anew, or nothing."""
    holding = case.holding
    assert holding is not None
    pool = allocations.config.containing(kept[0]) if kept else None
    if pool is not None:
        second = second_address(allocations, case.request, kept, pool)
        if not isinstance(second, Refusal):
            both = tuple(sorted((*kept, second), key=lambda address: address.version))
            return AllocationDecision(
                messages.granted(case.key, Grant(both, pool.name)),
                why_left=service_status.gave_way(case.key, who),
            )
    answer = choose(allocations, case.request, case.client)
    if isinstance(answer, Grant) and len(answer.addresses) == len(holding.addresses):
        return AllocationDecision(
            messages.granted(case.key, answer), bool(answer.missing), service_status.gave_way(case.key, who)
        )
    refusals = answer.missing if isinstance(answer, Grant) else answer.refusals
    return AllocationDecision(messages.in_use(case.key, holding, who, refusals), waits=True)


def _is_taken(allocations: Allocations, request: Request, address: IPAddress) -> bool:
    return address in allocations.quarantine and address not in request.addresses


def _wants_other(request: Request, holding: Holding) -> bool:
    if any(address not in holding.addresses for address in request.addresses):
        return True
    return request.pool is not None and request.pool != holding.pool


def _must_leave(allocations: Allocations, case: Input, holding: Holding) -> Refusal | None:
    """Why it may not stay on what it has; None where it may."""
    for address in holding.addresses:
        pool = allocations.config.containing(address)
        if pool is None:
            return Refusal(Reason.NOT_IN_POOL, str(address), "is in no pool any more")
        if refusal := admission(pool, case.client):
            return refusal
        if refusal := allocations.clash(address, case.request.terms, consent=case.asks_consent):
            return refusal
    return _no_family_left(case.request, holding.addresses)


def _no_family_left(request: Request, addresses: tuple[IPAddress, ...]) -> Refusal | None:
    if any(family_of(address) in request.families for address in addresses):
        return None
    wanted = " and ".join(map(str, request.families))
    return Refusal(
        Reason.WRONG_FAMILY, str(addresses[0]), f"is {family_of(addresses[0])}, the Service is {wanted}"
    )


def _is_outside(allocations: Allocations, holding: Holding) -> bool:
    return any(allocations.config.containing(address) is None for address in holding.addresses)
