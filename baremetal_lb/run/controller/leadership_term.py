"""One leadership term, from taking the lead to losing it. Of earlier ones it knows what the API keeps."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final

import structlog

from baremetal_lb.decide.controller.events import ClusterListed, ConfigMapSeen, ServiceSeen
from baremetal_lb.decide.controller.machine import ControllerMachine, Options
from baremetal_lb.decide.service_status import contested
from baremetal_lb.kube.events import EventRecorder
from baremetal_lb.model.objects import Subject
from baremetal_lb.run.clock import SteadyClock, utc_now
from baremetal_lb.run.controller.config_map import PoolsConfigMap
from baremetal_lb.run.controller.driver import Driver, ForPeople, OnTheApi
from baremetal_lb.run.controller.status_writer import StatusWriter
from baremetal_lb.run.reports.collector import ReportCollector
from baremetal_lb.run.reports.namespace import keep_namespace

if TYPE_CHECKING:
    from collections.abc import Callable

    from baremetal_lb.decide.controller.configuration import PoolConfiguration
    from baremetal_lb.decide.controller.events import Event
    from baremetal_lb.decide.ipam.allocations import PoolUsage
    from baremetal_lb.decide.service_status import StatusWrite
    from baremetal_lb.kube.client import Client
    from baremetal_lb.model.services import Condition, Outcome
    from baremetal_lb.run.controller.cluster import Cluster
    from baremetal_lb.run.metrics.counters import Counters
    from baremetal_lb.settings import Settings

COMPONENT: Final = "baremetal-lb-controller"
FIRST_WRITES: Final = 10.0  # seconds that `first_pass` waits for its writes
log = structlog.get_logger("controller")


class LeadershipTerm:
    """Feeds a machine of its own with what the cluster shows, and has its commands performed."""

    def __init__(
        self,
        client: Client,
        cluster: Cluster,
        settings: Settings,
        counters: Counters,
        may_write: Callable[[], bool],
    ) -> None:
        self._client = client
        self._cluster = cluster
        self._settings = settings
        self._counters = counters
        self._machine = ControllerMachine(options_of(settings))
        self._driver = driver = Driver(self._machine, SteadyClock())
        self._writer = StatusWriter(client, cluster.services.absorb, counters, may_write, driver.feed)
        self._writer.on_contested = self._tell_contested
        self._config_map = PoolsConfigMap(client, settings.config_key, driver.feed)
        self._recorder = EventRecorder(client, COMPONENT, driver.idle, utc_now)
        self._namespace_gone = asyncio.Event()  # the one that speakers write in
        self._collector = ReportCollector(
            client, settings.status_namespace, counters.unusable_reports, driver.feed
        )
        driver.attach(
            OnTheApi(self._writer, self._config_map, self._namespace_gone),
            ForPeople(self._recorder, counters, settings.config_key),
        )

    async def run(self) -> None:
        """Lead until cancelled. The cluster must be complete."""
        # What an earlier leader wrote must be known, though the watch may lag: else it is given once more.
        await self._cluster.services.catch_up()
        for event in self._cluster.snapshot():
            self._driver.feed(event)
        self._cluster.feed = self._see_change
        self._driver.feed(ClusterListed())
        namespace = self._settings.status_namespace
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._driver.run(), name="decide when it is time")
                group.create_task(self._writer.run(), name="write statuses")
                group.create_task(self._config_map.run(), name="see to the ConfigMap")
                group.create_task(self._recorder.run(), name="write events")
                keeping = keep_namespace(self._client, namespace, self._namespace_gone)
                group.create_task(keeping, name="keep the speakers' namespace")
                group.create_task(self._collector.run(), name="collect reports")
        finally:
            self._cluster.feed = None
            self._driver.stop()

    async def first_pass(self) -> None:
        """Return when every Service has been judged once, and the results are written or long tried."""
        await self._driver.began.wait()
        try:
            async with asyncio.timeout(FIRST_WRITES):
                await self._driver.idle.wait()
        except TimeoutError:
            log.warning("not all statuses of the first pass are written yet", waiting=self.queue_length())

    @property
    def configuration(self) -> PoolConfiguration:
        """Which configuration is in force."""
        return self._machine.configuration

    def usages(self) -> list[PoolUsage]:
        """The pools' addresses, by pool and family."""
        return self._machine.allocator.allocations.usages()

    def outcomes(self) -> list[Outcome]:
        """How each Service stands."""
        return list(self._machine.allocator.outcomes.values())

    def quarantined(self) -> Counter[str]:
        """How many addresses somebody outside of the cluster has, by pool."""
        allocations, found = self._machine.allocator.allocations, Counter[str]()
        for usage in allocations.usages():
            found[usage.pool.name] += allocations.quarantined(usage.pool, usage.free_list.family)
        return found

    def announcements(self) -> list[Condition]:
        """What each Service with addresses says of who announces them."""
        return list(self._machine.aggregator.conditions.values())

    def queue_length(self) -> int:
        """How many statuses wait to be written."""
        return len(self._machine.statuses)

    def _tell_contested(self, write: StatusWrite, seconds: float) -> None:
        """Somebody else writes this Service's status: who, only a person can find out."""
        view = self._machine.allocator.view(write.key)
        if view is None:
            return
        note = contested(write, view.status.addresses, seconds)
        log.warning("status contested", service=str(write.key), text=note.message)
        self._counters.contested += 1
        subject = Subject("Service", write.key, view.uid, view.version)
        self._recorder.record(subject, note)

    def _see_change(self, event: Event) -> None:
        self._counters.updates += isinstance(event, ServiceSeen | ConfigMapSeen)
        self._driver.feed(event)


def options_of(settings: Settings) -> Options:
    """What of the settings decides."""
    return Options(
        config_key=settings.config_key,
        status_namespace=settings.status_namespace,
        load_balancer_class=settings.load_balancer_class,
        quarantine=settings.quarantine,
        never_give=settings.never_give,
        service_ranges=settings.service_ranges,
    )
