"""Which addresses a Service gets, or the whole reason why none: the books are asked, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from baremetal_lb.decide.ipam.pool_choice import Client, admission, select
from baremetal_lb.decide.ipam.usage.free_list import unusable
from baremetal_lb.model.addresses import Family, IPAddress, family_of
from baremetal_lb.model.api_names import (
    Reason,
)
from baremetal_lb.model.reasons import (
    Refusal,
)
from baremetal_lb.model.times import clock_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from baremetal_lb.decide.ipam.allocations import Books, Stock
    from baremetal_lb.decide.ipam.requests import Demand
    from baremetal_lb.decide.ipam.usage.sharing import Terms
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


def choose(books: Books, demand: Demand, client: Client) -> Grant | Denial:
    """In this order: requested addresses, the requested pool, pinned pools, other auto-assign pools."""
    if not books.config.pools:
        return Denial((Refusal(Reason.NO_POOLS, "", "the configuration has no address pool"),))
    if demand.addresses:
        return _requested(books, demand, client)
    if demand.pool is not None:
        pool = books.config.named(demand.pool)
        if pool is None:
            known = ", ".join(f'"{each.name}"' for each in books.config)
            return Denial(
                (Refusal(Reason.UNKNOWN_POOL, "", f'unknown pool "{demand.pool}"; there are {known}'),)
            )
        if refusal := admission(pool, client):
            return Denial((refusal,))
        return _from_pools(books, demand, (pool,), ())
    selection = select(books.config, client)
    return _from_pools(books, demand, selection.pools, selection.refusals)


def second_address(
    books: Books, demand: Demand, held: tuple[IPAddress, ...], pool: Pool
) -> IPAddress | Refusal:
    """The address of the family that a dual-stack Service lacks, from the pool that it is in already."""
    have = {family_of(address) for address in held}
    lacking = next(family for family in demand.families if family not in have)
    return _lowest(books, demand, pool, lacking)


def _requested(books: Books, demand: Demand, client: Client) -> Grant | Denial:
    pools: dict[str, Pool] = {}
    refusals: list[Refusal] = []
    for address in demand.addresses:
        found = books.config.entry_with(address)
        if found is None:
            refusals.append(Refusal(Reason.NOT_IN_POOL, str(address), "is in no pool"))
            continue
        entry, pool = found
        pools[pool.name] = pool
        if refusal := unusable(pool, entry, address):
            refusals.append(refusal)
        refusals += _unfit(books, demand, address, pool)
    refusals += (refusal for pool in pools.values() if (refusal := admission(pool, client)))
    if len(pools) > 1:
        detail = (
            f"the requested addresses are of different pools ({', '.join(pools)}); one pool must have both"
        )
        refusals.append(Refusal(Reason.INVALID_REQUEST, "", detail))
    if refusals:
        return Denial(tuple(refusals))
    return _complete(books, demand, next(iter(pools.values())))


def _unfit(books: Books, demand: Demand, address: IPAddress, pool: Pool) -> Iterable[Refusal]:
    """Why one requested address can't be had. One that rests can: who names it knows it."""
    if demand.pool is not None and demand.pool != pool.name:
        detail = f'is in pool "{pool.name}", not in the requested pool "{demand.pool}"'
        yield Refusal(Reason.NOT_IN_POOL, str(address), detail)
    if refusal := books.reserved.get(address):
        yield refusal
    own = books.holdings.get(demand.terms.service)
    if stranger := books.stranger_on(address, demand.terms.service):
        yield Refusal(Reason.IN_USE, str(address), stranger)
    if (who := books.quarantine.who(address)) and not (own and address in own.addresses):
        yield Refusal(Reason.ADDRESS_IN_USE, str(address), str(who))
    if refusal := books.clash(address, demand.terms):
        yield refusal


def _complete(books: Books, demand: Demand, pool: Pool) -> Grant | Denial:
    """Requested addresses, with the lowest of the other family where the Service wants both."""
    found, missing = list(demand.addresses), []
    for family in demand.families:
        if all(family_of(address) is not family for address in demand.addresses):
            answer = _lowest(books, demand, pool, family)
            if isinstance(answer, Refusal):
                missing.append(answer)
            else:
                found.append(answer)
    if missing and demand.all_required:
        return Denial(tuple(missing))
    return Grant(tuple(sorted(found, key=lambda address: address.version)), pool.name, tuple(missing))


def _from_pools(
    books: Books, demand: Demand, pools: Sequence[Pool], ruled_out: Sequence[Refusal]
) -> Grant | Denial:
    """The first pool with all families; where one will do, the first with the primary, then the other."""
    answers: dict[str, _Answer] = {}
    for pool in pools:
        answer = answers[pool.name] = _answers(books, demand, pool)
        if len(answer.found) == len(demand.families):
            return Grant(tuple(answer.found[family] for family in demand.families), pool.name)
    if not demand.all_required:
        for family in sorted(demand.families, key=lambda family: family is not demand.primary):
            for name, answer in answers.items():
                if family in answer.found:
                    return Grant((answer.found[family],), name, tuple(answer.refused.values()))
    told = [refusal for answer in answers.values() for refusal in answer.refused.values()]
    return Denial((*told, *ruled_out))


@dataclass(frozen=True, slots=True)
class _Answer:
    found: dict[Family, IPAddress]
    refused: dict[Family, Refusal]


def _answers(books: Books, demand: Demand, pool: Pool) -> _Answer:
    answer = _Answer({}, {})
    for family in demand.families:
        result = _lowest(books, demand, pool, family)
        if isinstance(result, Refusal):
            answer.refused[family] = result
        else:
            answer.found[family] = result
    return answer


def _lowest(books: Books, demand: Demand, pool: Pool, family: Family) -> IPAddress | Refusal:
    """The lowest address of a pool that is free, or that the Service may share."""
    stock = books.stock(pool, family)
    if stock is None:
        return Refusal(Reason.WRONG_FAMILY, _named(pool), f"has no {family} addresses")
    free = books.lowest_free(stock)
    if demand.terms.key is not None:
        shared = books.lowest_shared(stock, demand.terms, free)
        if shared is not None:
            return shared
    return free if free is not None else _full(books, stock, demand.terms)


def _full(books: Books, stock: Stock, terms: Terms) -> Refusal:
    total = stock.vacancy.capacity
    used = min(stock.in_use, total)
    detail = f"full: {used} of {total} {stock.vacancy.family} addresses in use"
    if stock.reserved:
        detail += f", {stock.reserved} never given (a node's, or by --never-give)"
    quarantined = books.quarantined(stock.pool, stock.vacancy.family)
    if quarantined:
        detail += f", {quarantined} quarantined (somebody else has them)"
    rested = stock.rests.next_end()
    if rested is not None:
        detail += f", {len(stock.rests)} cooling down until {clock_time(rested + books.wall_offset)}"
    refused = books.sharing_refusal(stock, terms) if terms.key is not None else None
    if refused is not None:
        return Refusal(Reason.SHARING_REFUSED, _named(stock.pool), f"{detail}; sharing {refused}")
    if rested is not None:
        return Refusal(Reason.COOLING_DOWN, _named(stock.pool), detail)
    reason = Reason.ADDRESS_IN_USE if quarantined else Reason.EXHAUSTED
    return Refusal(reason, _named(stock.pool), detail)


def _named(pool: Pool) -> str:
    return f'pool "{pool.name}"'
