"""The controller: watches the cluster all the time, and gives addresses while it leads."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from baremetal_lb.decide.leader_election import Candidate
from baremetal_lb.kube.client import Client
from baremetal_lb.kube.events import EventRecorder, always
from baremetal_lb.model.objects import Subject
from baremetal_lb.run import logs
from baremetal_lb.run.clock import utc_now
from baremetal_lb.run.cluster_version import check_cluster_version
from baremetal_lb.run.controller.cluster import Cluster
from baremetal_lb.run.controller.leader_election import LeaderElection, own_identity
from baremetal_lb.run.controller.leadership_term import COMPONENT, LeadershipTerm
from baremetal_lb.run.controller.rivals import RivalWatch
from baremetal_lb.run.health import serve_health
from baremetal_lb.run.membership_key import keep_membership_key
from baremetal_lb.run.metrics.counters import Counters
from baremetal_lb.run.tasks import notify_ready, run_daemon

if TYPE_CHECKING:
    from baremetal_lb.model.reasons import Note
    from baremetal_lb.settings import Settings

log = structlog.get_logger("controller")


def run(settings: Settings) -> int:
    """Run the controller until SIGTERM; returns the exit code."""
    logs.configure(settings.log_level, settings.log_format)

    async def main() -> None:
        async with await Client.connect(settings.kubeconfig) as client:
            await Controller(settings, client).run()

    return run_daemon(main)


class Controller:
    """One controller process. `ready` is set after its first full pass, or when it stands by for another."""

    def __init__(self, settings: Settings, client: Client, identity: str = "") -> None:
        self.ready = asyncio.Event()
        self._settings = settings
        self._client = client
        self._cluster = Cluster(client, settings)
        self._counters = Counters()
        self._term: LeadershipTerm | None = None
        candidate = Candidate(identity or own_identity())
        self._recorder = EventRecorder(client, COMPONENT, always(), utc_now)
        self._rivals = RivalWatch(client, settings.lease_key, served_by(settings), self._tell_of_rivals)
        self._election = LeaderElection(client, settings.lease_key, candidate, self._rivals)

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(check_cluster_version(self._client), name="ask for the cluster's version")
            group.create_task(self._cluster.run(), name="watch the cluster")
            if self._settings.membership_key:
                keeping = keep_membership_key(self._client, self._settings.namespace)
                group.create_task(keeping, name="keep the key")
            if self._settings.leader_elect:
                group.create_task(self._rivals.run(), name="watch for other releases")
                group.create_task(self._recorder.run(), name="write Events of other releases")
            group.create_task(self._stand_by(), name="stand by")
            group.create_task(self._lead(), name="lead")
            if self._settings.metrics_port:
                serving = self._serve(self._settings.metrics_port)
                group.create_task(serving, name="health and metrics")

    def hindrances(self) -> list[str]:
        """Why it is not ready; nothing, where it leads or somebody else can be seen to."""
        found = self._client.missing_rights.hindrances()
        rival = self._rivals.leader() if self._term is None else None
        if rival is not None:
            found.append(f"the release in namespace {rival} serves {served_by(self._settings)}")
        elif self._election.is_at_a_loss():
            found.append("the Lease can be neither read nor had")
        elif not self.ready.is_set():
            found.append("the first full pass is not done")
        return found

    async def _lead(self) -> None:
        await self._cluster.complete()
        if self._settings.leader_elect:
            await self._rivals.complete()
            await self._election.run(self._serve_term)
        else:
            await self._serve_term()

    async def _serve_term(self) -> None:
        may_write = self._election.is_sure if self._settings.leader_elect else lambda: True
        term = LeadershipTerm(self._client, self._cluster, self._settings, self._counters, may_write)
        self._term = term
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(term.run(), name="leadership term")
                await term.first_pass()
                self._say_ready("leading")
        finally:
            self._term = None

    async def _serve(self, port: int) -> None:
        from baremetal_lb.run.metrics.controller import ControllerMetrics  # 0.1 s, for those who ask for it

        metrics = ControllerMetrics(self._counters, lambda: self._term, self._rivals.all)
        await serve_health(port, self.hindrances, [metrics])

    def _tell_of_rivals(self, note: Note) -> None:
        config_map = self._cluster.config_map()
        key = self._settings.config_key
        self._recorder.record(config_map.subject if config_map else Subject("ConfigMap", key, "", ""), note)

    async def _stand_by(self) -> None:
        await self._election.standing_by.wait()
        self._say_ready("standing by")

    def _say_ready(self, role: str) -> None:
        if not self.ready.is_set():
            self.ready.set()
            notify_ready()
            log.info("ready", role=role)


def served_by(settings: Settings) -> str:
    """Which Services a controller is for, in words."""
    name = settings.load_balancer_class
    return f"the Services of class {name}" if name else "the Services without a class"
