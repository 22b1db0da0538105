"""Keeps the node's tables true to the API's Services and EndpointSlices: the shell around the pure rules."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from tenacity import AsyncRetrying, retry_if_exception_type, wait_random_exponential

from mockcloud.client.informer import Informer, Key
from mockcloud.client.resources import ENDPOINT_SLICES, SERVICES
from mockcloud.client.rest import Client
from mockcloud.node.services.decide.convert import service_view, slice_view
from mockcloud.node.services.decide.ledger import Change, Ledger
from mockcloud.node.services.decide.render import Renderer, Script
from mockcloud.node.services.decide.rules import service_rules
from mockcloud.node.services.decide.views import Family, NodeView, ServiceKey
from mockcloud.node.services.decide.world import World
from mockcloud.node.services.nftables import Nft, NftError

LOG: Final = logging.getLogger(__name__)
Object = dict[str, Any]
View = TypeVar("View")
# Changes that come together (a slice and its Service) go in one transaction.
COALESCE_SECONDS: Final = 0.002
# A kernel before 6.2 lets a map hold a chain a moment longer than its element.
RETIRE_SECONDS: Final = 1.5
# Longer scripts go to a thread, so that leases and probes do not wait for them.
INLINE_CHARACTERS: Final = 32768


@dataclass(slots=True)
class FamilyTable:
    """One family's table: what it should hold, and the chains that wait for deletion."""

    renderer: Renderer
    ledger: Ledger = field(default_factory=Ledger)
    retired: dict[str, float] = field(default_factory=dict)
    loaded: bool = False


class ServiceProxy:
    """Runs two informers and turns what they see into nft transactions."""

    def __init__(self, client: Client, node: NodeView, nft: Nft) -> None:
        self._node = node
        self._nft = nft
        self._world = World()
        self._dirty: set[ServiceKey] = set()
        self._wake = asyncio.Event()
        self._services = Informer(client, SERVICES)
        self._slices = Informer(client, ENDPOINT_SLICES)
        self._tables = {family: FamilyTable(Renderer(family, node)) for family in node.families}
        self.synced = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled. What the kernel has stays there; at first nothing is loaded until all is known."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._services.run(self._on_service), name="watch services")
            group.create_task(self._slices.run(self._on_slice), name="watch endpoint slices")
            group.create_task(self._keep(), name="service rules")

    def _on_service(self, key: Key, _old: Object | None, new: Object | None) -> None:
        self._soil(self._world.put_service(ServiceKey(*key), _view(service_view, new)))

    def _on_slice(self, key: Key, _old: Object | None, new: Object | None) -> None:
        self._soil(self._world.put_slice(key, _view(slice_view, new)))

    def _soil(self, keys: set[ServiceKey]) -> None:
        if keys:
            self._dirty |= keys
            self._wake.set()

    async def _keep(self) -> None:
        await self._services.synced.wait()
        await self._slices.synced.wait()
        while True:
            self._wake.clear()
            dirty, self._dirty = self._dirty, set()
            for family, table in self._tables.items():
                await self._update(family, table, dirty)
            self.synced.set()
            await self._until_changed()
            await asyncio.sleep(COALESCE_SECONDS)

    async def _until_changed(self) -> None:
        """Return when a Service is dirty; meanwhile delete chains whose time has come."""
        while not self._wake.is_set():
            waiting = [at for table in self._tables.values() for at in table.retired.values()]
            try:
                async with asyncio.timeout_at(min(waiting) + RETIRE_SECONDS if waiting else None):
                    await self._wake.wait()
            except TimeoutError:
                for table in self._tables.values():
                    await self._delete_retired(table)

    async def _update(self, family: Family, table: FamilyTable, dirty: set[ServiceKey]) -> None:
        changes = _squash([change for key in sorted(dirty) for change in self._recompute(key, family, table)])
        if table.loaded and not changes:
            return
        if table.loaded:
            try:
                await self._apply(table, table.renderer.change(changes))
            except NftError as error:
                # Someone else has been in our table: make it anew.
                LOG.warning("the rules of table %s are loaded anew: %s", family, error)
                table.loaded = False
        if not table.loaded:
            await self._load(family, table)

    def _recompute(self, key: ServiceKey, family: Family, table: FamilyTable) -> list[Change]:
        service = self._world.services.get(key)
        if service is None:
            return table.ledger.put(key, {})
        endpoints = self._world.endpoints(key, family)
        return table.ledger.put(key, service_rules(service, endpoints, self._node, family))

    async def _load(self, family: Family, table: FamilyTable) -> None:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(NftError),
            wait=wait_random_exponential(multiplier=0.5, max=30),
            after=lambda state: LOG.error("rules of table %s: %s", family, state.outcome),
        ):
            with attempt:
                table.retired.clear()
                await self._apply(table, table.renderer.load(table.ledger.contents()))
        table.loaded = True
        LOG.info("table %s holds the rules of %d services", family, len(table.ledger.owners()))

    async def _apply(self, table: FamilyTable, script: Script) -> None:
        now = asyncio.get_running_loop().time()
        await self._run(script.text)
        table.retired.update(dict.fromkeys(script.retired, now))

    async def _delete_retired(self, table: FamilyTable) -> None:
        now = asyncio.get_running_loop().time()
        ripe = [chain for chain, at in table.retired.items() if at + RETIRE_SECONDS <= now]
        for chain in ripe:
            del table.retired[chain]
        # One that is in use again is not deleted.
        unused = [chain for chain in ripe if not table.ledger.has_chain(chain)]
        if not unused:
            return
        try:
            await self._run(table.renderer.deletion(unused))
        except NftError as error:
            LOG.warning("chains without use are left: %s", error)

    async def _run(self, text: str) -> None:
        if len(text) <= INLINE_CHARACTERS:
            self._nft.run(text)
        else:
            await asyncio.to_thread(self._nft.run, text)


def _view(convert: Callable[[Object], View | None], obj: Object | None) -> View | None:
    """The object's view. One that cannot be read is left out with a word, so that it stops no other."""
    if obj is None:
        return None
    try:
        return convert(obj)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        metadata = obj.get("metadata")
        LOG.error("no rules for %s %s: %r", obj.get("kind"), metadata, error)
        return None


def _squash(changes: Sequence[Change]) -> list[Change]:
    """Several changes of one element (of Services that share it) as one."""
    found: dict[tuple[Any, Any], Change] = {}
    for change in changes:
        earlier = found.get((change.slot, change.key))
        old = earlier.old if earlier else change.old
        found[change.slot, change.key] = Change(change.slot, change.key, old, change.new)
    return [change for change in found.values() if change.old != change.new]
