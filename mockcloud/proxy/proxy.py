"""Keeps the node's tables true to the API's Services and EndpointSlices: the shell around the pure rules."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final, Protocol

from mockcloud.client.informer import Informer, Key
from mockcloud.client.odd import readable, skipping
from mockcloud.client.resources import ENDPOINT_SLICES, SERVICES
from mockcloud.client.rest import Client
from mockcloud.proxy.conntrack import Conntrack
from mockcloud.proxy.decide import outbound, render, stale
from mockcloud.proxy.decide.convert import service_view, slice_view
from mockcloud.proxy.decide.rules import service_rules
from mockcloud.proxy.decide.ruleset import Fragment
from mockcloud.proxy.decide.service_map import ServiceMap
from mockcloud.proxy.decide.views import Family, NodeView, ServiceKey
from mockcloud.proxy.guard import Guard
from mockcloud.proxy.nftables import Nft
from mockcloud.proxy.table import KernelTable

LOG: Final = logging.getLogger(__name__)
Object = dict[str, Any]
# Changes that come together (a slice and its Service) go in one transaction.
COALESCE_SECONDS: Final = 0.002
# Whoever damages our tables may not be done yet.
REPAIR_SECONDS: Final = 0.1


class HealthObserver(Protocol):
    """Is told how the rules keep up, and of the Services whose health is asked for."""

    def queued(self, families: tuple[Family, ...]) -> None:
        """Something is to be done."""
        ...

    def updated(self, family: Family) -> None:
        """All that was to be done is done."""
        ...

    def put(self, service: ServiceKey, ready: dict[tuple[Family, int], int]) -> None:
        """(family, health port) of the Service -> its ready endpoints on this node."""
        ...


class ServiceProxy:
    """Runs two informers and turns what they see into nft transactions."""

    def __init__(self, client: Client, node: NodeView, nft: Nft, witness: HealthObserver) -> None:
        self._node = node
        self._nft = nft
        self._witness = witness
        self._world = ServiceMap()
        self._dirty: set[ServiceKey] = set()
        self._programmed = (-1, -1)  # versions of Services and EndpointSlices
        self._updating = False
        self._wake = asyncio.Event()
        self._services = Informer(client, SERVICES)
        self._slices = Informer(client, ENDPOINT_SLICES)
        self._tables = {family: KernelTable(family, node, nft) for family in node.families}
        self._conntrack = Conntrack(node)
        self.synced = asyncio.Event()

    @property
    def services(self) -> Informer:
        """All Services, as they are watched."""
        return self._services

    def has_programmed(self, services: int, slices: int) -> bool:
        """Whether the rules in force are as new as these resourceVersions of Services and EndpointSlices."""
        idle = self.synced.is_set() and not self._dirty and not self._updating
        have = self._versions() if idle else self._programmed
        return have[0] >= services and have[1] >= slices

    def _versions(self) -> tuple[int, int]:
        return self._services.version, self._slices.version

    def move(self, zone: str) -> None:
        """The node is now in that zone: hints may mean something else."""
        if zone != self._node.zone:
            self._node = replace(self._node, zone=zone)
            self._soil(set(self._world.services))

    async def run(self) -> None:
        """Until cancelled. What the kernel has stays there; at first nothing is loaded until all is known."""
        for family in self._tables:
            self._witness.updated(family)  # healthy while it starts
        async with asyncio.TaskGroup() as group:
            group.create_task(self._services.run(self._on_service), name="watch services")
            group.create_task(self._slices.run(self._on_slice), name="watch endpoint slices")
            group.create_task(self._keep(), name="service rules")
            group.create_task(self._conntrack.run(), name="udp flows")

    def _on_service(self, key: Key, _old: Object | None, new: Object | None) -> None:
        view = readable("service (rules)", key, service_view, new)
        self._soil(self._world.put_service(ServiceKey(*key), view))

    def _on_slice(self, key: Key, _old: Object | None, new: Object | None) -> None:
        self._soil(self._world.put_slice(key, readable("endpointslice (rules)", key, slice_view, new)))

    def _soil(self, keys: set[ServiceKey]) -> None:
        if keys:
            self._dirty |= keys
            self._witness.queued(self._node.families)
            self._wake.set()

    async def _keep(self) -> None:
        await self._services.synced.wait()
        await self._slices.synced.wait()
        with self._guard() as damaged:
            while True:
                self._wake.clear()
                if damaged():
                    LOG.warning("somebody else changed our tables: loading them again")
                    await asyncio.sleep(REPAIR_SECONDS)
                    for table in self._tables.values():
                        table.distrust()
                await self._update()
                self.synced.set()
                await self._until_woken()
                await asyncio.sleep(COALESCE_SECONDS)

    @contextlib.contextmanager
    def _guard(self) -> Iterator[Callable[[], bool]]:
        """Gives a question: has somebody else changed our tables since it was last asked?"""
        if not self._nft.one_socket:
            LOG.warning(
                "no libnftables: what others change in our tables is repaired only at our next change of them"
            )
            yield lambda: False
            return
        with Guard(self._nft, (*render.TABLES, outbound.TABLE), self._wake.set) as guard:
            yield guard.damaged

    async def _until_woken(self) -> None:
        """Return when there is something to do; meanwhile delete chains whose time has come."""
        while not self._wake.is_set():
            waiting = [due for table in self._tables.values() if (due := table.deletion_due) is not None]
            try:
                async with asyncio.timeout_at(min(waiting, default=None)):
                    await self._wake.wait()
            except TimeoutError:
                for table in self._tables.values():
                    await table.delete_retired()

    async def _update(self) -> None:
        dirty, self._dirty = self._dirty, set()
        versions, self._updating = self._versions(), True
        for family, table in self._tables.items():
            changes = [change for key in sorted(dirty) for change in table.put(key, self._rules(key, family))]
            anew = await table.update(changes)
            if not self._dirty:
                self._witness.updated(family)
            standings = stale.everything(table.ledger) if anew else stale.changed(table.ledger, changes)
            self._conntrack.forget(family, standings, whole=anew)
        self._programmed, self._updating = versions, False
        for key in dirty:
            with skipping("service (health)", (key.namespace, key.name)):
                self._witness.put(key, self._world.health(key, self._node))

    def _rules(self, key: ServiceKey, family: Family) -> Fragment:
        service = self._world.services.get(key)
        if service is not None:
            with skipping("service (rules)", (key.namespace, key.name)):
                return service_rules(service, self._world.endpoints(key, family), self._node, family)
        return {}
