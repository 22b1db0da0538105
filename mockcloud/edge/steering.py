"""Looks at the cloud whenever something has changed there, or with a target, and has it performed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pyroute2.netlink.exceptions import NetlinkError

from mockcloud.cloud.core.elastic.forwarding import forwardings, group_pool
from mockcloud.cloud.core.forwarding import Forwardings, listener_pool
from mockcloud.cloud.core.health import Health, HealthStatus
from mockcloud.cloud.outages import cut_off, silent_addresses
from mockcloud.edge.decide.takers import Port, listening, port
from mockcloud.edge.health import HealthWatch
from mockcloud.haproxy.process import HAProxyError
from mockcloud.proxy.nftables import NftError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from mockcloud.cloud.core.forwarding import Backend, IPAddress, PoolKey
    from mockcloud.cloud.core.state import State
    from mockcloud.cloud.service import CloudService
    from mockcloud.edge.news import CloudTime

LOG: Final = logging.getLogger(__name__)
RETRY_SECONDS: Final = 2.0
PART: Final = 0.1
"""Of the time that may go to looking: it costs more the more there is, and the same thread serves the API.
What changes until the next look is performed at once, by one transaction and one reload."""
LONGEST_PAUSE: Final = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class View:
    """What the cloud is at a moment, with who takes connections on each port."""

    state: State
    now: float
    ports: tuple[Port, ...]
    cut_off: frozenset[str] = frozenset()  # instances, by name, that are told to run
    silent: frozenset[IPAddress] = frozenset()  # addresses that answer nothing


def pause(worked: float) -> float:
    """How long not to look after a look that took so many seconds of processor time."""
    return min(worked * (1 / PART - 1), LONGEST_PAUSE)


class Steering:
    """One cloud's edge; the cloud is told of its targets' health."""

    def __init__(self, cloud: CloudService, clock: CloudTime, group: asyncio.TaskGroup) -> None:
        self.began = asyncio.Event()  # all has been performed once
        self._cloud, self._time = cloud, clock
        self._wake = asyncio.Event()
        self._health = HealthWatch(clock, group, self._wake.set, self._note)
        self._complaint = ""
        cloud.watchers.append(self._wake.set)
        cloud.believe(self._of_listener, self._of_group)

    def trust(self) -> None:
        """Connections go on to all that there is until it is looked at: they did before we began."""
        self._health.trust(forwardings(self._cloud.state, self._time.now()).pools.values())

    def look_again(self) -> None:
        """Something was lost that has to be performed anew."""
        self._wake.set()

    def stop(self) -> None:
        """Nobody is looked at any more."""
        self._health.watch(())

    async def run(self, perform: Iterable[Callable[[View], Awaitable[None]]]) -> None:
        """Until cancelled."""
        performers = tuple(perform)
        while True:
            self._wake.clear()
            worked = time.thread_time()
            now = self._time.now()
            found = forwardings(self._cloud.state, now)
            await self._perform(performers, self._view(found, now))
            self._health.watch(found.pools.values())  # by addresses that are the edge's by now
            self.began.set()
            await asyncio.sleep(pause(time.thread_time() - worked))
            await self._until_news(found.until)

    def _view(self, found: Forwardings, now: float) -> View:
        """With what is believed of targets, which an injected fault may make a lie."""
        cloud, state = self._cloud, self._cloud.state

        def takes(key: PoolKey, backend: Backend) -> bool:
            if key == group_pool(key.id):
                believed = cloud.group_health(key.id, backend.address, backend.port).status
            else:
                believed = cloud.health(key.id, backend.address, key.port).status
            if believed is HealthStatus.UNKNOWN:
                return self._health.takes(key, backend)
            return believed is HealthStatus.HEALTHY

        outages = cloud.faults.outages.values()
        silent = silent_addresses(state, outages)
        ports = listening((port(each, found.pools, takes) for each in found.ports), silent)
        return View(state, now, tuple(ports), cut_off(state, outages), silent)

    async def _perform(self, performers: Iterable[Callable[[View], Awaitable[None]]], view: View) -> None:
        """What cannot be done is said once, and tried again."""
        complaint = ""
        for each in performers:
            try:
                await each(view)
            except (HAProxyError, NetlinkError, NftError, OSError) as error:
                complaint = str(error)
                asyncio.get_running_loop().call_later(RETRY_SECONDS, self._wake.set)
        if complaint and complaint != self._complaint:
            LOG.error("%s", complaint)
        self._complaint = complaint

    async def _until_news(self, until: float | None) -> None:
        waits: list[asyncio.Future[object]] = [asyncio.ensure_future(self._wake.wait())]
        if until is not None:
            waits.append(asyncio.ensure_future(self._time.until(until)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await each

    def _note(self) -> None:
        self._cloud.beliefs += 1

    def _of_listener(self, balancer: int, address: IPAddress | None, listen_port: int) -> Health:
        if address is None:
            return Health()
        return self._health.health(listener_pool(balancer, listen_port), address)

    def _of_group(self, group: int, address: IPAddress, port: int) -> Health:
        return self._health.health(group_pool(group), address, port)
