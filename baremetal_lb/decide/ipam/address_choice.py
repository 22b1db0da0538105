"""Which addresses a Service gets, or the whole reason why none: the allocations are asked, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from baremetal_lb.decide.ipam.pool_choice import Client, admission, select
from baremetal_lb.decide.ipam.usage.free_list import unusable
from baremetal_lb.model.addresses import Family, IPAddress, family_of
from baremetal_lb.model.api_names import (
    Reason,
)
from baremetal_lb.model.quoting import cut
from baremetal_lb.model.reasons import (
    Refusal,
)
from baremetal_lb.model.times import clock_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from baremetal_lb.decide.ipam.allocations import Allocations, PoolUsage
    from baremetal_lb.decide.ipam.requests import Request
    from baremetal_lb.decide.ipam.usage.sharing import SharingTerms
    from baremetal_lb.model.pools import Pool


@dataclass(frozen=True, slots=True)
class Grant:
    """Addresses of one pool, IPv4 first; `missing` says why a family that was wished for is not there."""

    addresses: tuple[IPAddress, ...]
    pool: str
    missing: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Denial:
    """No address, and every reason for it."""

    refusals: tuple[Refusal, ...]

    @property
    def reason(self) -> Reason:
        """The one reason where there is one, else that no pool suits."""
        return summary(self.refusals)


def summary(refusals: Sequence[Refusal]) -> Reason:
    """One word for several refusals: what stood in the way of the pools that were tried counts most."""
    weighty = {each.reason for each in refusals} - {Reason.NOT_AUTO_ASSIGN, Reason.PINNED_ELSEWHERE}
    reasons = weighty or {each.reason for each in refusals}
    if len(reasons) == 1:
        return next(iter(reasons))
    return Reason.NO_SUITABLE_POOL if reasons else Reason.NO_POOLS


def choose(allocations: Allocations, request: Request, client: Client) -> Grant | Denial:
    """In this order: requested addresses, the requested pool, pinned pools, other auto-assign pools."""
    if not allocations.config.pools:
        return Denial((Refusal(Reason.NO_POOLS, "", "the configuration has no address pool"),))
    if request.addresses:
        return _requested(allocations, request, client)
    if request.pool is not None:
        pool = allocations.config.named(request.pool)
        if pool is None:
            known = ", ".join(f'"{each.name}"' for each in allocations.config)
            return Denial(
                (Refusal(Reason.UNKNOWN_POOL, "", f'unknown pool "{cut(request.pool)}"; there are {known}'),)
            )
        if refusal := admission(pool, client):
            return Denial((refusal,))
        return _from_pools(allocations, request, (pool,), ())
    selection = select(allocations.config, client)
    return _from_pools(allocations, request, selection.pools, selection.refusals)


def second_address(
    allocations: Allocations, request: Request, held: tuple[IPAddress, ...], pool: Pool
) -> IPAddress | Refusal:
    """The address of the family that a dual-stack Service lacks, from the pool that it is in already."""
    have = {family_of(address) for address in held}
    lacking = next(family for family in request.families if family not in have)
    return _lowest(allocations, request, pool, lacking)


def _requested(allocations: Allocations, request: Request, client: Client) -> Grant | Denial:
    pools: dict[str, Pool] = {}
    refusals: list[Refusal] = []
    for address in request.addresses:
        found = allocations.config.entry_with(address)
        if found is None:
            refusals.append(Refusal(Reason.NOT_IN_POOL, str(address), "is in no pool"))
            continue
        entry, pool = found
        pools[pool.name] = pool
        if refusal := unusable(pool, entry, address):
            refusals.append(refusal)
        refusals += _unfit(allocations, request, address, pool)
    refusals += (refusal for pool in pools.values() if (refusal := admission(pool, client)))
    if len(pools) > 1:
        detail = (
            f"the requested addresses are of different pools ({', '.join(pools)}); one pool must have both"
        )
        refusals.append(Refusal(Reason.INVALID_REQUEST, "", detail))
    if refusals:
        return Denial(tuple(refusals))
    return _complete(allocations, request, next(iter(pools.values())))


def _unfit(allocations: Allocations, request: Request, address: IPAddress, pool: Pool) -> Iterable[Refusal]:
    """Why one requested address can't be had. One that rests can: who names it knows it."""
    if request.pool is not None and request.pool != pool.name:
        detail = f'is in pool "{pool.name}", not in the requested pool "{cut(request.pool)}"'
        yield Refusal(Reason.NOT_IN_POOL, str(address), detail)
    if refusal := allocations.reserved.get(address):
        yield refusal
    own = allocations.holdings.get(request.terms.service)
    if stranger := allocations.stranger_on(address, request.terms.service):
        yield Refusal(Reason.IN_USE, str(address), stranger)
    if (who := allocations.quarantine.who(address)) and not (own and address in own.addresses):
        yield Refusal(Reason.ADDRESS_IN_USE, str(address), str(who))
    if refusal := allocations.clash(address, request.terms):
        yield refusal


def _complete(allocations: Allocations, request: Request, pool: Pool) -> Grant | Denial:
    """Requested addresses, with the lowest of the other family where the Service wants both."""
    found, missing = list(request.addresses), []
    for family in request.families:
        if all(family_of(address) is not family for address in request.addresses):
            answer = _lowest(allocations, request, pool, family)
            if isinstance(answer, Refusal):
                missing.append(answer)
            else:
                found.append(answer)
    if missing and request.all_required:
        return Denial(tuple(missing))
    return Grant(tuple(sorted(found, key=lambda address: address.version)), pool.name, tuple(missing))


def _from_pools(
    allocations: Allocations, request: Request, pools: Sequence[Pool], ruled_out: Sequence[Refusal]
) -> Grant | Denial:
    """The first pool with all families; where one will do, the first with the primary, then the other."""
    answers: dict[str, _Answer] = {}
    for pool in pools:
        answer = answers[pool.name] = _answers(allocations, request, pool)
        if len(answer.found) == len(request.families):
            return Grant(tuple(answer.found[family] for family in request.families), pool.name)
    if not request.all_required:
        for family in sorted(request.families, key=lambda family: family is not request.primary):
            for name, answer in answers.items():
                if family in answer.found:
                    return Grant((answer.found[family],), name, tuple(answer.refused.values()))
    told = [refusal for answer in answers.values() for refusal in answer.refused.values()]
    return Denial((*told, *ruled_out))


@dataclass(frozen=True, slots=True)
class _Answer:
    found: dict[Family, IPAddress]
    refused: dict[Family, Refusal]


def _answers(allocations: Allocations, request: Request, pool: Pool) -> _Answer:
    answer = _Answer({}, {})
    for family in request.families:
        result = _lowest(allocations, request, pool, family)
        if isinstance(result, Refusal):
            answer.refused[family] = result
        else:
            answer.found[family] = result
    return answer


def _lowest(allocations: Allocations, request: Request, pool: Pool, family: Family) -> IPAddress | Refusal:
    """The lowest address of a pool that is free, or that the Service may share."""
    usage = allocations.usage(pool, family)
    if usage is None:
        return Refusal(Reason.WRONG_FAMILY, _named(pool), f"has no {family} addresses")
    free = allocations.lowest_free(usage)
    if request.terms.key is not None:
        shared = allocations.lowest_shared(usage, request.terms, free)
        if shared is not None:
            return shared
    return free if free is not None else _full(allocations, usage, request.terms)


def _full(allocations: Allocations, usage: PoolUsage, terms: SharingTerms) -> Refusal:
    total = usage.free_list.capacity
    used = min(usage.in_use, total)
    detail = f"full: {used} of {total} {usage.free_list.family} addresses in use"
    if usage.reserved:
        detail += f", {usage.reserved} never given (a node's, or by --never-give)"
    quarantined = allocations.quarantined(usage.pool, usage.free_list.family)
    if quarantined:
        detail += f", {quarantined} quarantined (somebody else has them)"
    rested = usage.cooldowns.next_end()
    if rested is not None:
        detail += (
            f", {len(usage.cooldowns)} cooling down until {clock_time(rested + allocations.wall_offset)}"
        )
    refused = allocations.sharing_refusal(usage, terms) if terms.key is not None else None
    if refused is not None:
        return Refusal(Reason.SHARING_REFUSED, _named(usage.pool), f"{detail}; sharing {refused}")
    if rested is not None:
        return Refusal(Reason.COOLING_DOWN, _named(usage.pool), detail)
    reason = Reason.ADDRESS_IN_USE if quarantined else Reason.EXHAUSTED
    return Refusal(reason, _named(usage.pool), detail)


def _named(pool: Pool) -> str:
    return f'pool "{pool.name}"'
