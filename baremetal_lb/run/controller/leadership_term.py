"""One reign: from taking the lead to losing it. It knows what the cluster shows, nothing of earlier ones."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import TYPE_CHECKING, Final

import structlog

from baremetal_lb.decide.ipam.allocator import Allocator
from baremetal_lb.decide.node_interfaces import NodeInterfaceTable
from baremetal_lb.decide.reports.aggregator import Gathering, Written
from baremetal_lb.kube.client import MERGE, Target
from baremetal_lb.kube.errors import KubeError
from baremetal_lb.kube.events import EventRecorder, Subject
from baremetal_lb.kube.resources import CONFIG_MAPS
from baremetal_lb.model.api_names import (
    VERDICT,
    EventReason,
)
from baremetal_lb.run.clock import SteadyClock, utc_now
from baremetal_lb.run.controller.config_keeper import ConfigKeeper
from baremetal_lb.run.controller.status_writer import WORKERS, Decided, StatusDesk
from baremetal_lb.run.reports.collector import Hearing
from baremetal_lb.run.reports.namespace import keep_namespace
from baremetal_lb.run.reports.publisher import Outlets, Relay

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from baremetal_lb.decide.ipam.allocations import Stock
    from baremetal_lb.decide.ipam.allocator import Plan
    from baremetal_lb.kube.client import Client
    from baremetal_lb.kube.watch import Change
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.conflicts import Occupant
    from baremetal_lb.model.node_interfaces import NodeInterfaces
    from baremetal_lb.model.objects import ObjectKey
    from baremetal_lb.model.reasons import Note
    from baremetal_lb.model.services import Condition, Outcome, ServiceView
    from baremetal_lb.run.controller.cluster import Cluster
    from baremetal_lb.run.controller.node_facts import NodeFacts
    from baremetal_lb.run.metrics.counters import Tally
    from baremetal_lb.settings import Settings

COMPONENT: Final = "baremetal-lb-controller"
FIRST_WRITES: Final = 10.0  # seconds that `first_pass` waits for its writes
FIRST_REPORTS: Final = 2.0  # seconds that the first decision waits for word of addresses that others have
REFUSALS: Final = frozenset({EventReason.ALLOCATION_FAILED, EventReason.SHARING_REFUSED})
QUIET: Final = 1.0  # seconds without news before those who wait are told anew why
log = structlog.get_logger("controller")


class Reign:
    """Lets the allocator decide about what the cluster shows, and has its decisions written."""

    def __init__(
        self,
        client: Client,
        cluster: Cluster,
        settings: Settings,
        tally: Tally,
        may_write: Callable[[], bool],
    ) -> None:
        self._client = client
        self._cluster = cluster
        self._settings = settings
        self._tally = tally
        self._allocator = Allocator(settings.load_balancer_class)
        self._allocator.books.quarantine_period = settings.quarantine
        self._clock = SteadyClock()
        self._gathering = Gathering()
        decided = Decided(self._allocator, self._gathering)
        self._desk = StatusDesk(client, decided, cluster.services.absorb, tally, may_write)
        self._recorder = EventRecorder(client, COMPONENT, self._desk.queue.idle, utc_now)
        self.config = ConfigKeeper(cluster.config_key, self._allocator, self._recorder.record)
        self._roll = NodeInterfaceTable()
        self._namespace_gone = asyncio.Event()  # the one that speakers write in
        hearing = Hearing(client, settings.status_namespace, self._gathering, tally.unusable_reports)
        hearing.on_interfaces = self._see_interfaces
        self._relay = Relay(hearing, self._gathering, self._outlets())
        self._changed = asyncio.Event()
        self._config_changed = asyncio.Event()
        self._settled = asyncio.Event()
        self._aged = False
        self._deleted: dict[ObjectKey, ServiceView] = {}  # since the last round, for their last Events
        self._seen_at: dict[ObjectKey, float] = {}  # since the last round; by the loop's clock

    async def run(self) -> None:
        """Reign until cancelled. The cluster must be complete."""
        # What an earlier leader wrote must be known, though the watch may lag: else it is given once more.
        await self._cluster.services.catch_up()
        for name, labels in self._cluster.namespaces.items():
            self._allocator.set_namespace(name.name, labels)
        for view in self._cluster.services.values():
            self._allocator.observe(view)
        self._take_nodes()
        self._cluster.listener = self
        try:
            await self._take_config()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._desk.run(), name="write statuses")
                group.create_task(self._recorder.run(), name="write events")
                group.create_task(self._decide(), name="decide")
                group.create_task(self._follow_config(), name="judge the ConfigMap")
                keeping = keep_namespace(self._client, self._settings.status_namespace, self._namespace_gone)
                group.create_task(keeping, name="keep the speakers' namespace")
                group.create_task(self._relay.run(), name="relay reports")
        finally:
            self._cluster.listener = None

    async def first_pass(self) -> None:
        """Return when every Service has been judged once, and the results are written or long tried."""
        await self._settled.wait()
        try:
            async with asyncio.timeout(FIRST_WRITES):
                await self._desk.queue.idle.wait()
        except TimeoutError:
            log.warning("the first pass is not written yet", waiting=len(self._desk.queue))

    def stocks(self) -> list[Stock]:
        """The pools' addresses, by pool and family."""
        return self._allocator.books.stocks()

    def outcomes(self) -> list[Outcome]:
        """How each Service stands."""
        return list(self._allocator.outcomes.values())

    def quarantined(self) -> Counter[str]:
        """How many addresses somebody outside of the cluster has, by pool."""
        books, found = self._allocator.books, Counter[str]()
        for stock in books.stocks():
            found[stock.pool.name] += books.quarantined(stock.pool, stock.vacancy.family)
        return found

    def announcements(self) -> list[Condition]:
        """What each Service with addresses says of who announces them."""
        return list(self._gathering.conditions.values())

    def queue_length(self) -> int:
        """How many statuses wait to be written."""
        return len(self._desk.queue)

    def on_service(self, change: Change[ServiceView]) -> None:
        """Pass it on to the allocator."""
        self._tally.updates += 1
        if change.new is not None:
            self._seen_at.setdefault(change.key, asyncio.get_running_loop().time())
            self._allocator.observe(change.new)
        else:
            self._allocator.forget(change.key)
            if change.old is not None:
                self._deleted[change.key] = change.old
        self._changed.set()

    def on_namespace(self, change: Change[dict[str, str]]) -> None:
        """Pass it on to the allocator."""
        if change.new is None and change.key.name == self._settings.status_namespace:
            self._namespace_gone.set()
        self._allocator.set_namespace(change.key.name, change.new)
        self._changed.set()

    def on_node(self, change: Change[NodeFacts]) -> None:
        """Nodes beat their hearts all the time; only what NodeFacts has of them matters."""
        if change.old == change.new:
            return
        if change.new is None:
            self._gathering.lose_node(change.key.name)
        self._take_nodes()
        self._changed.set()

    def on_service_range(self) -> None:
        """Warn where a pool has it."""
        self._warn()

    def on_config_map(self) -> None:
        """Have it judged."""
        self._tally.updates += 1
        self._config_changed.set()

    async def _follow_config(self) -> None:
        told = ""
        while True:
            # Only a new verdict is written: whoever takes the annotation away has his way.
            if self.config.verdict != told:
                told = self.config.verdict
                await self._tell_verdict(told)
            await self._config_changed.wait()
            self._config_changed.clear()
            await self._take_config()
            self._changed.set()

    async def _tell_verdict(self, verdict: str) -> None:
        raw, key = self._cluster.config_map(), self._cluster.config_key
        if raw is None or (raw["metadata"].get("annotations") or {}).get(VERDICT) == verdict:
            return
        target = Target(CONFIG_MAPS, key.namespace, key.name)
        try:
            await self._client.patch(target, {"metadata": {"annotations": {VERDICT: verdict}}}, MERGE)
        except KubeError as exc:
            log.warning("verdict not written on the ConfigMap", config_map=str(key), error=str(exc))

    async def _decide(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_REPORTS):
                await self._relay.caught_up.wait()
        wake_at = self._settle()
        self._settled.set()
        while True:
            is_news = await self._news(wake_at)
            if not is_news and self._aged:
                self._perform(self._allocator.refresh(self._clock.now()))
            wake_at = self._settle()

    def _settle(self) -> float | None:
        self._allocator.books.wall_offset = self._clock.offset
        return self._perform(self._allocator.settle(self._clock.now()))

    async def _news(self, wake_at: float | None) -> bool:
        """Return when something has changed (True), or it is time to look at the clock again (False)."""
        seconds = None if wake_at is None else max(0.0, wake_at - self._clock.now())
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        return True

    def _perform(self, plan: Plan) -> float | None:
        """Queue what a plan wants written, and return when to come again."""
        now = asyncio.get_running_loop().time()
        for key in plan.touched:
            self._announce(key)
            self._desk.submit(key, self._seen_at.get(key, now))
        self._seen_at.clear()
        for key, note in plan.notes:
            self._tell(key, note)
        self._deleted.clear()
        self._aged = plan.aged
        quiet_until = self._clock.now() + QUIET if plan.aged else None
        return min((at for at in (plan.wake_at, quiet_until) if at is not None), default=None)

    def _announce(self, key: ObjectKey) -> None:
        """Have it gathered who announces the addresses that a Service has now."""
        view, outcome = self._allocator.view(key), self._allocator.outcomes.get(key)
        addresses = outcome.addresses if outcome else ()
        written = Written()
        if view is not None:
            is_there = set(addresses) <= set(view.status.addresses)
            written = Written(view.uid, view.number if is_there else None)
        self._gathering.see_service(key, addresses, view.status.announced if view else None, written)
        self._relay.hear()

    def _outlets(self) -> Outlets:
        def see_in_use(found: Mapping[IPAddress, Occupant]) -> None:
            self._allocator.see_in_use(found)
            self._changed.set()

        def see_left(found: Mapping[IPAddress, tuple[Occupant, int]]) -> None:
            now, period = self._clock.now(), self._settings.quarantine
            self._allocator.see_left(
                {each: (who, min(at, now) + period) for each, (who, at) in found.items()}
            )

        return Outlets(
            write=lambda key: self._desk.submit(key, asyncio.get_running_loop().time()),
            is_busy=lambda: len(self._desk.queue) > WORKERS,
            tell=self._tell,
            see_in_use=see_in_use,
            see_left=see_left,
        )

    def _tell(self, key: ObjectKey, note: Note) -> None:
        write = log.warning if note.reason.is_warning else log.info
        if note.reason in REFUSALS:
            self._tally.refusals[self._allocator.outcomes[key].reason] += 1
        write(str(note.reason), service=str(key), text=note.message)
        view = self._allocator.view(key) or self._deleted.get(key)
        subject = Subject("Service", key, view.uid if view else "", view.version if view else "")
        self._recorder.record(subject, note)

    def _see_interfaces(self, node: str, told: NodeInterfaces | None) -> None:
        """What a node has for itself is not given."""
        if self._roll.see(node, told):
            self._gathering.see_macs(self._roll.macs)
            self._take_nodes()
            self._changed.set()

    def _take_nodes(self) -> None:
        self._allocator.reserve(self._cluster.reserved(self._roll.held))
        for name, out in self._cluster.standings():
            self._gathering.see_node(name, out)
        self._relay.hear()
        self._warn()

    async def _take_config(self) -> None:
        was_stale = self.config.stale
        await self.config.take(self._cluster.config_map(), self._cluster.claimed())
        self._tally.update_errors += self.config.stale and not was_stale
        self._gathering.see_pools(self._allocator.books.config)
        self._relay.hear()
        self._warn()

    def _warn(self) -> None:
        self.config.warn_of(self._cluster.reserved(self._roll.held), self._cluster.claimed())
