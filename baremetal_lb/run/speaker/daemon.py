"""The speaker: announces from this node the addresses that are this node's to announce.

watches, heartbeats, claims on the LAN -> Driver.feed -> the machine -> ports, listener, Events, report
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import TYPE_CHECKING, Any, Final

import structlog

from baremetal_lb.decide.eligibility import Speaker
from baremetal_lb.decide.layer2.acd.detector import ConflictDetector
from baremetal_lb.decide.layer2.acd.events import ClaimHeard
from baremetal_lb.decide.layer2.gratuitous import Announcer
from baremetal_lb.decide.layer2.ownership import Ownership
from baremetal_lb.decide.reports.compose import speaks_for_all
from baremetal_lb.decide.speaker.events import InterfacesSeen, Met, PortsFitted, Prerequisite
from baremetal_lb.decide.speaker.machine import SpeakerMachine
from baremetal_lb.kube.client import Client
from baremetal_lb.kube.events import EventRecorder, always
from baremetal_lb.link.answering.process import ResponderProcess
from baremetal_lb.link.conflict_listener import ConflictListener
from baremetal_lb.link.errors import CapabilityMissing
from baremetal_lb.link.heartbeats import open_heartbeat_socket
from baremetal_lb.link.interfaces import interface_changes
from baremetal_lb.link.packet_socket import require_net_raw
from baremetal_lb.link.ports import Ports
from baremetal_lb.model.errors import PortTaken
from baremetal_lb.model.reports import Deaf
from baremetal_lb.run import logs
from baremetal_lb.run.clock import utc_now
from baremetal_lb.run.cluster_version import check_cluster_version
from baremetal_lb.run.file_limit import raise_file_limit
from baremetal_lb.run.metrics.failovers import Failovers
from baremetal_lb.run.speaker.announcement_state import AnnouncementState
from baremetal_lb.run.speaker.cluster_view import ClusterView
from baremetal_lb.run.speaker.driver import Driver, ForPeople, OnTheWire
from baremetal_lb.run.speaker.event_reporter import EventReporter
from baremetal_lb.run.speaker.interface_choice import InterfaceChoice
from baremetal_lb.run.speaker.membership import SpeakerMembership
from baremetal_lb.run.speaker.own_interfaces import OwnInterfaces
from baremetal_lb.run.speaker.reports import ReportSources, ReportWriter
from baremetal_lb.run.speaker.service_rules import ServiceRules
from baremetal_lb.run.tasks import notify_ready, run_daemon

if TYPE_CHECKING:
    import socket
    from collections.abc import Coroutine

    from baremetal_lb.link.ports import PortChanges
    from baremetal_lb.settings import Settings

# How long the event loop may keep the interpreter from the thread of heartbeats; Python's own is 5 ms.
SWITCH_INTERVAL: Final = 0.0001
COMPONENT: Final = "baremetal-lb-speaker"
log = structlog.get_logger("speaker")


def run(settings: Settings) -> int:
    """Run until SIGTERM; the exit code."""
    logs.configure(settings.log_level, settings.log_format)
    sys.setswitchinterval(SWITCH_INTERVAL)
    raise_file_limit()
    try:
        require_net_raw()
        with contextlib.ExitStack() as stack:
            opened = None
            if settings.membership_port:
                opened = stack.enter_context(open_heartbeat_socket(settings.membership_port))
            return run_daemon(lambda: _speak(settings, opened))
    except (CapabilityMissing, PortTaken) as exc:
        log.error("cannot announce", error=str(exc))
        return 1


async def _speak(settings: Settings, opened: socket.socket | None) -> None:
    async with await Client.connect(settings.kubeconfig) as client:
        await SpeakerDaemon(client, settings, opened).run()


class SpeakerDaemon:
    """The parts of one speaker, and the tasks that feed its machine."""

    def __init__(self, client: Client, settings: Settings, opened: socket.socket | None = None) -> None:
        node = settings.node_name
        me = Speaker(
            node,
            settings.load_balancer_class or None,
            settings.ignore_exclude_label,
            settings.avoid_cordoned,
            settings.namespace,
        )
        ownership, answering = Ownership(me), ResponderProcess(_log_restart)
        detector = ConflictDetector(node, settings.probe_time, settings.watchdog_interval)
        self._client = client
        self._settings = settings
        self._answering = answering
        self._machine = SpeakerMachine(ownership, detector, Announcer(settings.gratuitous_interval))
        self._driver = Driver(self._machine, answering.lapsed)
        feed = self._driver.feed
        self._cluster = ClusterView(client, settings, feed)
        self._membership = SpeakerMembership(client, settings, opened, answering)
        self._recorder = EventRecorder(client, COMPONENT, always(), utc_now)
        self._interface_choice = InterfaceChoice(node, ownership, self._recorder, feed)
        self._ports = Ports(
            answering, excluded=settings.interface_exclude, reaches=self._interface_choice.answers
        )
        self._listener = ConflictListener(
            lambda claim, interface: feed(ClaimHeard(claim, interface)),
            self._interface_choice.asks,
            answers=self._interface_choice.answers,
        )
        self._announcement_state = AnnouncementState(ownership, self._ports)
        self._linked = asyncio.Event()  # the first look at the interfaces is done
        self._ready = asyncio.Event()
        self._rules = ServiceRules(settings.rules_url)
        self._failovers = Failovers()
        self._on_the_wire = OnTheWire(
            feed, self._ports, self._listener, self._interface_choice, self._membership, self._failovers
        )
        reporter = EventReporter(node, self._recorder, settings.membership_port)
        self._for_people = ForPeople(reporter, self._announcement_state, self._failovers)
        self._driver.attach(self._on_the_wire, self._for_people)
        self._report_writer = ReportWriter(client, settings.status_namespace, node, self._sources())
        self._own_interfaces = OwnInterfaces(client, settings.status_namespace, node, feed)
        self._own_interfaces.on_loss = self._report_writer.write_again

    async def run(self) -> None:
        """Announce until cancelled; then let the others take over, and stop answering."""
        feed = self._driver.feed
        introduced = self._own_interfaces.introduced
        heartbeats = self._membership.run(feed, self._cluster, introduced, self._failovers)
        tasks: dict[str, Coroutine[Any, Any, None]] = {
            **self._cluster.watches(),
            "answer": asyncio.to_thread(self._answering.run),
            "follow interfaces": self._follow_interfaces(),
            "look at routes": self._interface_choice.run(),
            "start": self._start(),
            "write events": self._recorder.run(),
            "report": self._report(),
            "tell interfaces": self._own_interfaces.run(),
            "ask for the cluster's version": check_cluster_version(self._client),
            "look for unheard peers": self._membership.look_for_unheard(feed),
            "ask the API": self._membership.ask_api(self._driver),
            "heartbeats": heartbeats,
        }
        if self._settings.metrics_port:
            tasks["health and metrics"] = self._tell(self._settings.metrics_port)
        try:
            async with asyncio.TaskGroup() as group:
                for name, task in tasks.items():
                    group.create_task(task, name=name)
        finally:
            self._driver.stop()
            await self._membership.hand_over()
            self._listener.close()  # until now it heard who has taken over
            self._withdraw()
            await asyncio.gather(self._report_writer.farewell(), self._own_interfaces.farewell())

    async def _start(self) -> None:
        """Say to the machine when all is known. Ready: it has decided, and that is on the wire."""
        feed = self._driver.feed
        await self._cluster.synced()
        await self._linked.wait()
        if self._settings.node_name not in self._cluster.names():
            known = sorted(self._cluster.names())
            log.warning("no Node has this name", node=self._settings.node_name, nodes=known)
        feed(Met(Prerequisite.CLUSTER))
        if not self._cluster.configured.is_set():
            log.warning("no pools yet: announcing nothing")
            self._tell_ready()
        await self._own_interfaces.introduced.wait()
        feed(Met(Prerequisite.PEERS_INTERFACES))
        await self._driver.began.wait()
        self._tell_ready()

    def _tell_ready(self) -> None:
        self._ready.set()
        notify_ready()

    async def _report(self) -> None:
        await self._ready.wait()
        await self._report_writer.run()

    def _sources(self) -> ReportSources:
        detector = self._machine.detector
        return ReportSources(
            self._announcement_state,
            lambda: tuple(detector.conflicts.values()),
            lambda: (*detector.findings.values(), *self._interface_choice.findings(self._ports)),
            lambda: speaks_for_all(self._machine.view, self._settings.node_name),
            self._rules_stand,
            lambda: Deaf(self._settings.membership_port, tuple(self._machine.unheard_nodes)),
        )

    async def _tell(self, port: int) -> None:
        # 0.1 s, for those who ask for it
        from baremetal_lb.run.health import serve_health
        from baremetal_lb.run.metrics.conflicts import ConflictMetrics
        from baremetal_lb.run.metrics.interfaces import InterfaceMetrics
        from baremetal_lb.run.metrics.membership import MembershipMetrics
        from baremetal_lb.run.metrics.speaker import SpeakerMetrics

        machine = self._machine
        metrics = (
            SpeakerMetrics(machine.ownership, self._ports, lambda: self._answering.withheld),
            MembershipMetrics(self._membership, self._failovers, lambda: machine.unheard_nodes),
            ConflictMetrics(machine, self._for_people.counts, self._listener.unheeded),
            InterfaceMetrics(self._interface_choice, self._ports),
        )
        await serve_health(port, self._hindrances, metrics)

    def _hindrances(self) -> list[str]:
        """Why it is not ready. What it once knew it goes on with, whatever the API refuses afterwards."""
        waits = [] if self._ready.is_set() else ["the first decision is not made"]
        return [*self._client.missing_rights.hindrances(), *waits]

    async def _rules_stand(self) -> None:
        await self._rules.stand(self._machine.ownership.newest, self._cluster.newest_slice())

    async def _follow_interfaces(self) -> None:
        feed = self._driver.feed
        async for interfaces in interface_changes():
            announceable = self._ports.announceable(interfaces)
            feed(InterfacesSeen(tuple(announceable)))
            await self._interface_choice.fit(announceable)
            refit = self._ports.fit(interfaces)
            renewed = {*refit.opened, *self._ports.rebind()}
            _log_refit(refit)
            self._listener.fit(self._ports.interfaces)
            self._own_interfaces.fit(interfaces)
            feed(
                PortsFitted(
                    tuple(interfaces),
                    self._ports.interfaces,
                    self._interface_choice.routing(),
                    tuple(sorted(renewed)),
                    changed=bool(refit.opened or refit.closed),
                )
            )
            self._linked.set()

    def _withdraw(self) -> None:
        """Stop answering, then end the process that answers."""
        self._interface_choice.close()
        ours = self._machine.ownership.announced()
        self._ports.change((), ours)
        self._answering.stop()
        if ours:
            log.info("withdrawn", addresses=sorted(map(str, ours)), reason="speaker stops")


def _log_restart(why: str) -> None:
    log.warning("the process that answers ARP and NDP is started again", reason=why)


def _log_refit(refit: PortChanges) -> None:
    for name in refit.closed:
        log.info("interface removed", interface=name)
    for name in refit.opened:
        log.info("interface added", interface=name)
    for name, error in refit.failed:
        log.warning("could not open the interface", interface=name, error=error)
