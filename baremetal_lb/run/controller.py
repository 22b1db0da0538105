"""The controller: watches Services and pools, lets the allocator decide, writes what it decided."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from baremetal_lb.decide.allocation.allocator import Allocator
from baremetal_lb.decide.pools.parse import Claimed
from baremetal_lb.kube import convert
from baremetal_lb.kube.client import Client
from baremetal_lb.kube.events import EventRecorder, Subject
from baremetal_lb.kube.resources import CONFIG_MAPS, NAMESPACES, NODES, SERVICES
from baremetal_lb.kube.watch import Change, Informer, Scope
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.run import logs
from baremetal_lb.run.clock import utc_now
from baremetal_lb.run.config_keeper import ConfigKeeper
from baremetal_lb.run.status_desk import StatusDesk
from baremetal_lb.run.tasks import notify_ready, run_daemon

if TYPE_CHECKING:
    from baremetal_lb.decide.allocation.allocator import Plan
    from baremetal_lb.kube.client import JsonObject
    from baremetal_lb.model.addresses import AddressRange, IPAddress
    from baremetal_lb.model.reasons import Note
    from baremetal_lb.model.services import ServiceView
    from baremetal_lb.settings import Settings

COMPONENT: Final = "baremetal-lb-controller"
FIRST_WRITES: Final = 10.0  # seconds that readiness waits for the first pass's writes
QUIET: Final = 1.0  # seconds without news before those who wait are told anew why
log = structlog.get_logger("controller")


def run(settings: Settings) -> int:
    """Run the controller until SIGTERM; returns the exit code."""
    logs.configure(settings.log_level, settings.log_format)

    async def main() -> None:
        async with await Client.connect(settings.kubeconfig) as client:
            await Controller(settings, client).run()

    return run_daemon(main)


class NodeFacts:
    """What a Node says that matters to pools: its addresses, and the range of its pods."""

    def __init__(self, raw: JsonObject) -> None:
        self.addresses: tuple[IPAddress, ...] = convert.node_addresses(raw)
        self.pod_ranges: tuple[AddressRange, ...] = convert.pod_ranges(raw)


class Controller:
    """The wiring of one controller process."""

    def __init__(self, settings: Settings, client: Client) -> None:
        self._config_key = ObjectKey(settings.namespace, settings.config_map)
        self._allocator = Allocator(settings.load_balancer_class)
        self._services = Informer(client, SERVICES, convert.service)
        self._namespaces = Informer(client, NAMESPACES, convert.labels)
        self._nodes = Informer(client, NODES, NodeFacts)
        scope = Scope(settings.namespace, f"metadata.name={settings.config_map}")
        self._config_maps: Informer[JsonObject] = Informer(client, CONFIG_MAPS, _as_it_is, scope)
        self._desk = StatusDesk(client, self._allocator, self._services.absorb)
        self._recorder = EventRecorder(client, COMPONENT, self._desk.queue.idle, utc_now)
        self._keeper = ConfigKeeper(self._config_key, self._allocator, self._recorder.record)
        self.ready = asyncio.Event()  # the first full pass is done
        self._changed = asyncio.Event()
        self._aged = False
        self._settled = asyncio.Event()
        self._deleted: dict[ObjectKey, ServiceView] = {}  # since the last round, for their last Events
        self._complete = False  # everything has been listed once

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._services.run(self._on_service), name="watch services")
            group.create_task(self._namespaces.run(self._on_namespace), name="watch namespaces")
            group.create_task(self._nodes.run(self._on_node), name="watch nodes")
            group.create_task(self._config_maps.run(self._on_config_map), name="watch the ConfigMap")
            group.create_task(self._desk.run(), name="write statuses")
            group.create_task(self._recorder.run(), name="write events")
            group.create_task(self._decide(), name="decide")
            group.create_task(self._announce_readiness(), name="announce readiness")

    async def _decide(self) -> None:
        """Settle whenever something has changed; the first time only when everything is known."""
        for informer in (self._services, self._namespaces, self._nodes, self._config_maps):
            await informer.synced.wait()
        self._take_nodes()
        self._take_config()
        self._complete = True
        wake_at = self._perform(self._allocator.settle(utc_now().timestamp()))
        self._settled.set()
        while True:
            is_news = await self._news(wake_at)
            now = utc_now().timestamp()
            if not is_news and self._aged:
                self._perform(self._allocator.refresh(now))
            wake_at = self._perform(self._allocator.settle(now))

    async def _announce_readiness(self) -> None:
        """Ready is who has judged every Service once, and written the results or tried for long enough."""
        await self._settled.wait()
        try:
            async with asyncio.timeout(FIRST_WRITES):
                await self._desk.queue.idle.wait()
        except TimeoutError:
            log.warning("the first pass is not written yet", waiting=len(self._desk.queue))
        self.ready.set()
        notify_ready()
        log.info("ready", services=len(self._allocator.outcomes), pools=self._keeper.loaded)

    async def _news(self, wake_at: float | None) -> bool:
        """Return when something has changed (True), or it is time to look at the clock again (False)."""
        seconds = None if wake_at is None else max(0.0, wake_at - utc_now().timestamp())
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        return True

    def _perform(self, plan: Plan) -> float | None:
        """Queue what a plan wants written, and return when to come again."""
        for key in plan.touched:
            self._desk.queue.add(key)
        for key, note in plan.notes:
            self._tell(key, note)
        self._deleted.clear()
        self._aged = plan.aged
        quiet_until = utc_now().timestamp() + QUIET if plan.aged else None
        return min((at for at in (plan.wake_at, quiet_until) if at is not None), default=None)

    def _tell(self, key: ObjectKey, note: Note) -> None:
        write = log.warning if note.reason.is_warning else log.info
        write(str(note.reason), service=str(key), text=note.message)
        view = self._allocator.view(key) or self._deleted.get(key)
        subject = Subject("Service", key, view.uid if view else "", view.version if view else "")
        self._recorder.record(subject, note)

    def _on_service(self, change: Change[ServiceView]) -> None:
        if change.new is not None:
            self._allocator.observe(change.new)
        else:
            self._allocator.forget(change.key)
            if change.old is not None:
                self._deleted[change.key] = change.old
        self._changed.set()

    def _on_namespace(self, change: Change[dict[str, str]]) -> None:
        self._allocator.set_namespace(change.key.name, change.new)
        self._changed.set()

    def _on_node(self, change: Change[NodeFacts]) -> None:
        facts = (change.old, change.new)
        if self._complete and len({each and each.addresses for each in facts}) > 1:
            self._take_nodes()
            self._changed.set()

    def _on_config_map(self, _change: Change[JsonObject]) -> None:
        if self._complete:
            self._take_config()
            self._changed.set()

    def _take_nodes(self) -> None:
        owners = {
            address: f"node {key.name}" for key, facts in self._nodes.items() for address in facts.addresses
        }
        self._allocator.set_node_addresses(owners)

    def _take_config(self) -> None:
        claimed = [
            Claimed(f"the pods of node {key.name}", each)
            for key, facts in self._nodes.items()
            for each in facts.pod_ranges
        ]
        self._keeper.take(self._config_maps.get(self._config_key), claimed)


def _as_it_is(raw: JsonObject) -> JsonObject:
    return raw
