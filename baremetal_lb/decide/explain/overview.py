"""`baremetal-lb status`: how a cluster stands, as values that can be printed or written as JSON.

All is strings and numbers: whoever reads the JSON needs none of our types. Keys stay; new ones may come.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.ipam.allocations import Allocations
from baremetal_lb.model.addresses import family_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.pools import PoolConfig
    from baremetal_lb.model.reasons import Refusal
    from baremetal_lb.model.services import ServiceView


NOBODY: Final = "none: no controller is running, or none may write its Lease"


@dataclass(frozen=True, slots=True)
class Configuration:
    """The ConfigMap as it stands: accepted, rejected or missing; and the controller's word on it."""

    config_map: str
    state: str
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    controller: str | None = None


@dataclass(frozen=True, slots=True)
class PoolUse:
    """How many addresses of one family of a pool Services have."""

    name: str
    family: str
    used: int
    capacity: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A Service that lacks something: an address, or somebody who announces it."""

    service: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody who gives signs of life: a speaker's node, or the leader; seconds since the last."""

    name: str
    seconds: float | None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it."""

    configuration: Configuration
    pools: tuple[PoolUse, ...]
    leader: Seen | None
    services: int
    waiting: tuple[Waiting, ...]
    not_announced: tuple[Waiting, ...]
    speakers: tuple[Seen, ...]
    left_out: tuple[str, ...] = ()  # objects that cannot be read, and why


def pool_use(
    config: PoolConfig, reserved: Mapping[IPAddress, Refusal], services: Iterable[ServiceView]
) -> tuple[PoolUse, ...]:
    """How full each pool is, by what the Services' statuses show."""
    allocations = Allocations()
    allocations.configure(config, reserved)
    shown = {address for view in services for address in view.status.addresses}
    used = Counter(
        (pool.name, family_of(address)) for address in shown if (pool := config.containing(address))
    )
    return tuple(
        PoolUse(
            usage.pool.name,
            str(usage.free_list.family),
            used[usage.pool.name, usage.free_list.family],
            usage.free_list.capacity - usage.reserved,
        )
        for usage in allocations.usages()
    )


def waiting(services: Sequence[ServiceView]) -> tuple[Waiting, ...]:
    """Those without an address, or not with the one they ask for, and why."""
    found = []
    for view in services:
        condition = view.status.condition
        if condition is None:
            if not view.status.addresses:
                found.append(Waiting(str(view.key), "NotJudged", "no controller has said anything of it"))
        elif not condition.status or condition.reason == "RequestRefused":
            found.append(Waiting(str(view.key), condition.reason, condition.message))
    return tuple(found)


def not_announced(services: Sequence[ServiceView]) -> tuple[Waiting, ...]:
    """Those with an address that nobody announces, and why."""
    return tuple(
        Waiting(str(view.key), announced.reason, announced.message)
        for view in services
        if view.status.addresses and (announced := view.status.announced) and not announced.status
    )


def lines(overview: Overview) -> Iterator[str]:
    """The overview for people."""
    yield from _configuration_lines(overview.configuration)
    for pool in overview.pools:
        full = "  FULL" if pool.used >= pool.capacity else ""
        use = f"{pool.used} of {pool.capacity} {pool.family} addresses in use{full}"
        yield f"pool           {pool.name}: {use}"
    leader = overview.leader
    yield f"leader         {_seen(leader) if leader else NOBODY}"
    speakers = overview.speakers
    yield f"speakers       {len(speakers) or 'none has reported'}"
    for speaker in speakers:
        yield f"  {_seen(speaker)}"
    yield f"services       {overview.services} of type LoadBalancer"
    for title, entries in (("waits", overview.waiting), ("not announced", overview.not_announced)):
        for each in entries:
            yield f"  {title}: {each.service}: {each.reason}: {each.message}"
    for text in overview.left_out:
        yield f"warning        {text}"


def _configuration_lines(configuration: Configuration) -> Iterator[str]:
    yield f"configuration  {configuration.config_map}: {configuration.state}"
    for kind, texts in (("error", configuration.faults), ("warning", configuration.warnings)):
        for text in texts:
            yield f"  {kind}: {text}"
    if configuration.controller is not None:
        yield f"  the controller says: {configuration.controller}"


def _seen(seen: Seen) -> str:
    age = "" if seen.seconds is None else f", {max(0, round(seen.seconds))} s ago"
    return f"{seen.name}{age}{f': {seen.remark}' if seen.remark else ''}"
