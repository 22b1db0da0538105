"""The speaker: announces from this node the addresses that this node owns.

watches -> ownership -> addresses won and lost -> answers on the ports, and the announcer -> gratuitous ARP
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import TYPE_CHECKING, Final

import structlog

from baremetal_lb.decide.eligibility import Speaker
from baremetal_lb.decide.layer2.acd.detector import Guard
from baremetal_lb.decide.layer2.gratuitous import Announcer, Renewed
from baremetal_lb.decide.layer2.ownership import Ownership, Ruling
from baremetal_lb.decide.reports.compose import speaks_for_all
from baremetal_lb.kube.client import Client
from baremetal_lb.kube.events import EventRecorder
from baremetal_lb.link.errors import CapabilityMissing
from baremetal_lb.link.heartbeats import open_heartbeat_socket
from baremetal_lb.link.interfaces import interface_changes
from baremetal_lb.link.packet_socket import require_net_raw
from baremetal_lb.link.ports import Ports
from baremetal_lb.link.responder_thread import Answering
from baremetal_lb.model.errors import PortTaken
from baremetal_lb.model.membership import Uplink
from baremetal_lb.run import logs
from baremetal_lb.run.clock import utc_now
from baremetal_lb.run.file_limit import raise_file_limit
from baremetal_lb.run.metrics.failovers import Failovers
from baremetal_lb.run.speaker.announcement_state import Outlook
from baremetal_lb.run.speaker.announcements import Stage
from baremetal_lb.run.speaker.cluster_view import ClusterView
from baremetal_lb.run.speaker.conflict_detection import Guarding, Heeders
from baremetal_lb.run.speaker.event_reporter import Teller
from baremetal_lb.run.speaker.gratuitous import Shouting
from baremetal_lb.run.speaker.liveness import Liveness
from baremetal_lb.run.speaker.own_interfaces import OwnInterfaces
from baremetal_lb.run.speaker.placing import Placing
from baremetal_lb.run.speaker.reports import Reporting, Sources
from baremetal_lb.run.speaker.service_rules import ServiceRules
from baremetal_lb.run.speaker.unheard_peers import UnheardPeers
from baremetal_lb.run.tasks import notify_ready, run_daemon

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable

    from baremetal_lb.link.ports import Refit
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.announcements import Verdict
    from baremetal_lb.model.interfaces import Interface
    from baremetal_lb.settings import Settings

# How long the event loop may keep the interpreter from the thread that answers ARP; Python's own is 5 ms.
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
    """The parts of one speaker, and the tasks between them."""

    def __init__(self, client: Client, settings: Settings, opened: socket.socket | None = None) -> None:
        me = Speaker(
            settings.node_name,
            settings.load_balancer_class or None,
            settings.ignore_exclude_label,
            settings.avoid_cordoned,
        )
        self._settings = settings
        self._ownership = Ownership(me)
        self._cluster = ClusterView(client, settings, self._ownership)
        self._answering = Answering()
        self._liveness = Liveness(client, settings, opened, self._answering)
        self._recorder = EventRecorder(client, COMPONENT, _always(), utc_now)
        self._placing = Placing(settings.node_name, self._ownership, self._recorder)
        self._placing.on_change = self._rebind
        self._ports = Ports(
            self._answering, excluded=settings.interface_exclude, reaches=self._placing.answers
        )
        self._outlook = Outlook(self._ownership, self._ports)
        self._linked = asyncio.Event()  # the first look at the interfaces is done
        self._ready = asyncio.Event()
        self._rules = ServiceRules(settings.rules_url)
        self._told = 0  # the newest version of a Service that the report speaks of
        self._deciding = False  # all is known that decisions hang on
        self._failovers = Failovers()
        announcer = Announcer(settings.gratuitous_interval)
        self._shouting = Shouting(announcer, self._ports, self._failovers.sent)
        self._teller = Teller(settings.node_name, self._recorder)
        self._stage = Stage(self._ports, self._shouting, self._tell_verdict)
        guard = Guard(settings.node_name, settings.probe_time, settings.watchdog_interval)
        self._unheard = UnheardPeers(client, settings, self._cluster, self._liveness)
        self._unheard.on_news = self._outlook.note_change
        heeders = Heeders(
            self._stage.announce,
            self._stage.announce_again,
            self._outlook.note_change,
            self._see_claim,
            self._see_contested,
        )
        self._guarding = Guarding(guard, heeders, self._placing.asks, self._answering.lapsed)
        self._guarding.overhearing.answers = self._placing.answers
        self._cluster.on_pools = self._see_pools
        sources = Sources(
            self._outlook,
            self._guarding.conflicts,
            lambda: (*self._guarding.findings(), *self._placing.findings(self._ports)),
            lambda: speaks_for_all(self._liveness.view, settings.node_name),
            self._rules_stand,
            lambda: self._unheard.deaf,
        )
        self._own_interfaces = OwnInterfaces(
            client, settings.status_namespace, settings.node_name, self._cluster.roll
        )
        self._own_interfaces.on_news = self._cluster.news.set
        self._reporting = Reporting(client, settings.status_namespace, settings.node_name, sources)
        self._own_interfaces.on_loss = self._reporting.write_again

    async def run(self) -> None:
        """Announce until cancelled; then let the others take over, and stop answering."""
        try:
            async with asyncio.TaskGroup() as group:
                for name, watch in self._cluster.watches().items():
                    group.create_task(watch, name=name)
                group.create_task(asyncio.to_thread(self._answering.run), name="answer")
                group.create_task(self._follow_interfaces(), name="follow interfaces")
                group.create_task(self._placing.run(), name="look at routes")
                group.create_task(self._shouting.run(), name="shout")
                group.create_task(self._decide(), name="decide")
                group.create_task(self._recorder.run(), name="write events")
                group.create_task(self._report(), name="report")
                group.create_task(self._own_interfaces.run(), name="tell interfaces")
                group.create_task(self._unheard.run(), name="look for unheard peers")
                group.create_task(
                    self._liveness.run(
                        self._cluster, self._failovers.notice, self._own_interfaces.introduced
                    ),
                    name="heartbeats",
                )
                if self._settings.metrics_port:
                    group.create_task(self._tell(self._settings.metrics_port), name="health and metrics")
        finally:
            self._guarding.close()  # who takes over is not to be told that it is ours
            await self._liveness.hand_over()
            self._withdraw()
            await asyncio.gather(self._reporting.farewell(), self._own_interfaces.farewell())

    async def _decide(self) -> None:
        """Decide after each change, once for those that came together. Ready: decided, and on the wire."""
        await self._cluster.synced()
        await self._linked.wait()
        if self._settings.node_name not in self._cluster.names():
            known = sorted(self._cluster.names())
            log.warning("no Node has this name", node=self._settings.node_name, nodes=known)
        self._guarding.heed(self._ownership.ranges())  # the Services were not known when the pools were
        if not self._cluster.configured.is_set():
            log.warning("no pools yet: announcing nothing")
            self._tell_ready()
        await self._own_interfaces.introduced.wait()
        await self._liveness.settled.wait()
        self._deciding = True
        while True:
            self._cluster.news.clear()
            self._rule()
            self._tell_ready()
            await self._cluster.news.wait()

    def _tell_ready(self) -> None:
        self._ready.set()
        notify_ready()

    async def _report(self) -> None:
        await self._ready.wait()
        await self._reporting.run()

    def _see_claim(self, node: str) -> None:
        """A node that is not heard lives: what it said has to be judged by that."""
        if self._deciding and self._unheard.see_claim(node):
            self._rule()

    def _see_contested(self, address: IPAddress, node: str, answers: bool) -> None:
        self._cluster.see_wire(address, node, answers=answers)
        if not answers:
            self._unheard.see_mute(node)

    def _rule(self) -> None:
        self._unheard.update()
        self._guarding.meet(self._liveness.view, self._cluster.ready(), self._cluster.roll)
        self._apply(self._ownership.decide())
        self._teller.tell_label(waived=self._ownership.label_waived)

    async def _tell(self, port: int) -> None:
        # 0.1 s, for those who ask for it
        from baremetal_lb.run.health import serve_health
        from baremetal_lb.run.metrics.conflicts import GuardMetrics
        from baremetal_lb.run.metrics.peers import LivenessMetrics
        from baremetal_lb.run.metrics.placing import PlacingMetrics
        from baremetal_lb.run.metrics.speaker import SpeakerMetrics

        metrics = (
            SpeakerMetrics(self._ownership, self._ports, lambda: self._answering.withheld),
            LivenessMetrics(self._liveness, self._failovers, lambda: self._unheard.reasons),
            GuardMetrics(self._guarding),
            PlacingMetrics(self._placing, self._ports),
        )
        await serve_health(port, self._ready.is_set, metrics)

    def _apply(self, ruling: Ruling) -> None:
        self._failovers.decide(ruling, asyncio.get_running_loop().time())
        self._stage.withdraw(ruling)
        self._guarding.rule(ruling, self._cluster.service)
        self._stage.tell()
        if ruling.verdicts or self._ownership.newest > self._told:
            self._told = self._ownership.newest
            self._outlook.note_change()

    async def _rules_stand(self) -> None:
        await self._rules.stand(self._ownership.newest, self._cluster.newest_slice())

    def _tell_verdict(self, before: Verdict | None, verdict: Verdict) -> None:
        self._teller.tell(before, verdict, self._cluster.service(verdict.service))

    async def _follow_interfaces(self) -> None:
        async for interfaces in interface_changes():
            # The others first: who takes over must not wait until we have cleared up.
            lasting = self._ports.announceable(interfaces)
            self._link(each for each in lasting if each.name in self._ports.names)
            if self._deciding:
                self._rule()  # an address that others take over is not to be told of when a port opens
            await self._placing.fit(lasting)
            refit = self._ports.fit(interfaces)
            for name in {*refit.opened, *self._ports.rebind()}:
                self._shouting.tell(Renewed(name))
            _log_refit(refit)
            self._guarding.fit(interfaces, self._ports.interfaces)
            self._own_interfaces.fit(interfaces)
            if refit.opened or refit.closed:
                self._outlook.note_change()
            self._link(self._ports.interfaces)
            self._linked.set()

    def _link(self, interfaces: Iterable[Interface]) -> None:
        """These are what we can announce on, for the others and for ourselves."""
        found = sorted(interfaces, key=self._importance)
        self._liveness.link(
            Uplink(each.name, each.mac, ipv6=self._placing.takes_ipv6(each.name)) for each in found
        )
        self._cluster.see_links([each.name for each in found])

    def _importance(self, interface: Interface) -> tuple[bool, bool, int]:
        """The first ones are told: those that pools name, then those that lead to their addresses."""
        name = interface.name
        return not self._ownership.asks_for(name), not self._placing.leads(name), interface.index

    def _see_pools(self) -> None:
        """The pools changed, and with them the interfaces that each address is announced on."""
        self._guarding.heed(self._ownership.ranges())
        self._placing.look_again()
        self._rebind()

    def _rebind(self) -> None:
        """Addresses may be announced on other interfaces now."""
        for name in self._ports.rebind():
            self._shouting.tell(Renewed(name))
        self._link(self._ports.interfaces)
        self._outlook.note_change()

    def _withdraw(self) -> None:
        """Stop answering, then end the thread that answers."""
        self._placing.close()
        ours = self._ownership.announced()
        self._ports.change((), ours)
        self._answering.stop()
        if ours:
            log.info("withdrawn", addresses=sorted(map(str, ours)), reason="speaker stops")


def _log_refit(refit: Refit) -> None:
    for name in refit.closed:
        log.info("interface left", interface=name)
    for name in refit.opened:
        log.info("interface joined", interface=name)
    for name, error in refit.failed:
        log.warning("interface not to be opened", interface=name, error=error)


def _always() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event
