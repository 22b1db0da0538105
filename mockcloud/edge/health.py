"""Whose health is looked at, each by a task of its own on the cloud's clock; what is known of whom."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from mockcloud.cloud.core.forwarding import Backend, Check, IPAddress, PoolKey
from mockcloud.cloud.core.health import Health, HealthStatus
from mockcloud.edge.decide.health import Tally, judged
from mockcloud.edge.net.checking import ask

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable

    from mockcloud.cloud.core.forwarding import Pool
    from mockcloud.edge.news import CloudTime

LOG: Final = logging.getLogger(__name__)
LEAST_TIMEOUT: Final = 1.0  # of the machine's seconds, however fast the cloud's clock goes

Place: TypeAlias = tuple[PoolKey, IPAddress, int]


@dataclass(slots=True)
class _Watched:
    check: Check
    backend: Backend
    task: asyncio.Task[None]
    tally: Tally = field(default_factory=Tally)


class HealthWatch:
    """`turned` is called whenever a target's status is another one, `noted` whenever anything told of it."""

    def __init__(
        self,
        time: CloudTime,
        group: asyncio.TaskGroup,
        turned: Callable[[], None],
        noted: Callable[[], None],
    ) -> None:
        self._time, self._group, self._turned, self._noted = time, group, turned, noted
        self._watched: dict[Place, _Watched] = {}
        self._ports: dict[tuple[PoolKey, IPAddress], int] = {}
        self._trusted: set[Place] = set()

    def trust(self, pools: Iterable[Pool]) -> None:
        """These targets take connections until their first result: somebody before us let them."""
        self._trusted = {(pool.key, each.address, each.port) for pool in pools for each in pool.backends}

    def takes(self, key: PoolKey, backend: Backend) -> bool:
        """Whether a target is to get connections: it is healthy, or trusted."""
        healthy = self.health(key, backend.address, backend.port).status is HealthStatus.HEALTHY
        return healthy or (key, backend.address, backend.port) in self._trusted

    def watch(self, pools: Iterable[Pool]) -> None:
        """These from now on, and no others; who is looked at in another way than before begins anew."""
        wanted = {
            (pool.key, each.address, each.port): (pool.check, each)
            for pool in pools
            for each in pool.backends
        }
        before = set(self._watched)
        for place, known in list(self._watched.items()):
            if place not in wanted or wanted[place][0] != known.check:
                known.task.cancel()
                del self._watched[place]
        for place, (check, backend) in wanted.items():
            if place not in self._watched:
                task = self._group.create_task(self._look(place), name=f"check {backend.address}")
                self._watched[place] = _Watched(check, backend, task)
        self._ports = {(key, address): port for key, address, port in wanted}
        if self._watched.keys() != before:
            self._noted()

    def health(self, key: PoolKey, address: IPAddress, port: int | None = None) -> Health:
        """Of a target; `port` None: the one that it has in the pool."""
        found = port if port is not None else self._ports.get((key, address), 0)
        known = self._watched.get((key, address, found))
        return known.tally.health if known is not None else Health()

    async def _look(self, place: Place) -> None:
        """For as long as somebody wants to know."""
        while (known := self._watched.get(place)) is not None:
            began = self._time.now()
            timeout = max(self._time.real(known.check.timeout), LEAST_TIMEOUT)
            outcome = await ask(known.check, known.backend, timeout)
            before, known.tally = known.tally.health, judged(known.tally, known.check, outcome)
            after = known.tally.health
            if after != before:
                self._noted()
            if after.status is not before.status:
                LOG.info("%s", _said(known.backend, after))
            if after.status is not before.status or place in self._trusted:
                self._trusted.discard(place)
                self._turned()
            await self._time.until(began + known.check.interval)


def _said(backend: Backend, health: Health) -> str:
    why = f": {health.detail}" if health.detail else ""
    return f"target {backend.address} port {backend.port} is {health.status}{why}"
