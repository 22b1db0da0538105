"""Which speakers are alive, as this one needs it: the key, the nodes' addresses, the thread that beats.

Without a key there are no heartbeats: the cluster's word on its nodes is enough then, as it was before.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from baremetal_lb.decide.membership.machine import Incarnation, Membership
from baremetal_lb.decide.membership.neighbour import Timing
from baremetal_lb.decide.membership.uplinks import fitting
from baremetal_lb.decide.speaker.events import ApiAnswered, DatagramsSeen, MembersSeen, Met, Prerequisite
from baremetal_lb.kube.errors import KubeError
from baremetal_lb.kube.resources import NODES, SECRETS
from baremetal_lb.kube.secrets import MEMBERSHIP, membership_key
from baremetal_lb.kube.watch import Informer, Scope
from baremetal_lb.link.answering.ledger import NO_END
from baremetal_lb.link.heartbeats import Heartbeats, Told
from baremetal_lb.model.membership import View
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.run.clock import utc_now

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Mapping

    from baremetal_lb.kube.client import Client
    from baremetal_lb.link.answering.process import ResponderProcess
    from baremetal_lb.model.addresses import IPAddress
    from baremetal_lb.model.membership import Uplink
    from baremetal_lb.run.metrics.failovers import Failovers
    from baremetal_lb.run.speaker.cluster_view import ClusterView
    from baremetal_lb.run.speaker.driver import Driver, Feed
    from baremetal_lb.settings import Settings

KEY_PATIENCE: Final = 2.0  # seconds for the first look at the Secret
HAND_OVER_MOST: Final = 2.0
LOOK: Final = 0.25  # seconds between two looks at datagrams that counted for nothing, and at who is not heard
API_PATIENCE: Final = 1.0
log = structlog.get_logger("membership")


class SpeakerMembership:
    """Runs the heartbeats of one speaker. Whoever is alive by them is fed to the speaker's machine."""

    def __init__(
        self, client: Client, settings: Settings, opened: socket.socket | None, answering: ResponderProcess
    ) -> None:
        self._node = settings.node_name
        self._client = client
        self._answering = answering
        self._where = ObjectKey(settings.namespace, MEMBERSHIP)
        scope = Scope(settings.namespace, f"metadata.name={MEMBERSHIP}")
        self._secret = Informer(client, SECRETS, membership_key, scope)
        self._keyed = asyncio.Event()
        self._handed_over = asyncio.Event()
        self._heartbeats: Heartbeats | None = None
        self._beating = False
        self._told_peers: tuple[Mapping[str, IPAddress], frozenset[str]] = {}, frozenset()
        self._view = View()
        self._seen: asyncio.Queue[tuple[View, float]] = asyncio.Queue()
        self._decides = True  # somebody takes views, and decides by them
        self._untaken = 0  # views that the machine has not decided on yet
        self._granted = 0  # the lease that waits for that
        self._lock = threading.Lock()  # over these two, and the lease itself
        self._linked = asyncio.Event()  # our interfaces are known
        self._uplinks: tuple[Uplink, ...] = ()
        if opened is not None:
            self._heartbeats = self._prepare(opened, settings)

    async def run(
        self, feed: Feed, cluster: ClusterView, introduced: asyncio.Event, failovers: Failovers
    ) -> None:
        """Beat, and feed who is alive, until cancelled; then comes `hand_over`.

        Whoever beats can be left addresses, so it waits until it is `introduced`.
        """
        if self._heartbeats is None:
            feed(Met(Prerequisite.MEMBERS))
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(self._secret.run(lambda _change: self._take_key()), name="watch the key")
            if not await self._has_key():
                log.warning(
                    "no key for heartbeats yet: going by the nodes' readiness", secret=str(self._where)
                )
                feed(Met(Prerequisite.MEMBERS))
            await self._keyed.wait()
            await cluster.nodes_listed()
            await self._linked.wait()
            # Without pools a speaker sends no heartbeats, or its peers would leave it addresses.
            await cluster.configured.wait()
            await introduced.wait()
            self._meet(cluster.peers(), cluster.unready())
            self._beating = True
            log.info("sending heartbeats", peers=len(self._told_peers[0]))
            group.create_task(self._follow_nodes(cluster), name="follow nodes")
            group.create_task(self._follow_views(feed, failovers), name="follow views")
            group.create_task(asyncio.to_thread(self._heartbeats.run), name="beat")

    async def look_for_unheard(self, feed: Feed) -> None:
        """Feed again and again what came and counted for nothing, until cancelled."""
        while True:
            await asyncio.sleep(LOOK)
            feed(DatagramsSeen(self._heartbeats.take_signs() if self._heartbeats is not None else {}))

    async def ask_api(self, driver: Driver) -> None:
        """See whether the API answers, whenever the machine asks for that, until cancelled."""
        while True:
            await driver.asks_api.wait()
            with contextlib.suppress(KubeError, TimeoutError):
                async with asyncio.timeout(API_PATIENCE):
                    await self._client.get(NODES, self._node)
                driver.feed(ApiAnswered())
            driver.asks_api.clear()

    @property
    def view(self) -> View:
        """Who was last seen to be alive; nobody, without heartbeats."""
        return self._view

    @property
    def heartbeats(self) -> Heartbeats | None:
        """What beats, for counting; None: heartbeats are off."""
        return self._heartbeats

    def link(self, uplinks: Iterable[Uplink]) -> None:
        """Tell the others what we can announce on, the most important first."""
        found = tuple(uplinks)
        if self._heartbeats is not None and found != self._uplinks:
            self._uplinks = found
            if len(told := tuple(fitting(found))) < len(found):
                log.warning("more interfaces than heartbeats can carry", told=[each.name for each in told])
            self._heartbeats.link(found)
        self._linked.set()

    async def hand_over(self) -> None:
        """Tell the others that we go, and return when they have taken over. The last thing to be called."""
        if self._heartbeats is None:
            return
        with self._lock:
            self._decides, self._untaken = False, 0
            self._answering.lease = max(self._answering.lease, self._granted)
        if self._beating:
            self._heartbeats.leave()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HAND_OVER_MOST):
                    await self._handed_over.wait()
        self._heartbeats.stop()

    def _prepare(self, opened: socket.socket, settings: Settings) -> Heartbeats:
        birth = Incarnation(secrets.randbits(63) + 1, int(utc_now().timestamp() * 1e6))
        timing = Timing(settings.heartbeat_interval, settings.return_delay)
        loop = asyncio.get_running_loop()
        told = Told(
            view=partial(self._tell, loop),
            lease=self._lease,
            left=lambda: _soon(loop, self._handed_over.set),
        )
        return Heartbeats(Membership(self._node, birth, timing), opened, told)

    def _tell(self, loop: asyncio.AbstractEventLoop, view: View) -> None:
        with self._lock:
            self._untaken += self._decides
        _soon(loop, partial(self._seen.put_nowait, (view, loop.time())))

    def _lease(self, until: float) -> None:
        """From the thread that beats. To forbid answers is done at once; what is granted waits until it was
        decided on what the members are now: after a pause others may have what was ours.
        """
        lease = NO_END if until == float("inf") else int(max(until, 0.0) * 1e9)
        with self._lock:
            if self._untaken and lease > self._answering.lease:
                self._granted = lease
            else:
                self._answering.lease, self._granted = lease, 0

    async def _has_key(self) -> bool:
        """Whether the first look at the Secret, if that comes soon, has found a key."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(KEY_PATIENCE):
                await self._secret.synced.wait()
        return self._keyed.is_set()

    async def _follow_nodes(self, cluster: ClusterView) -> None:
        while True:
            await cluster.nodes_changed.wait()
            cluster.nodes_changed.clear()
            self._meet(cluster.peers(), cluster.unready())

    async def _follow_views(self, feed: Feed, failovers: Failovers) -> None:
        while True:
            view, at = await self._seen.get()
            self._log(view)
            self._view = view
            failovers.notice(at)
            feed(MembersSeen(view))
            with self._lock:
                self._untaken -= 1
                if not self._untaken and self._granted:
                    self._answering.lease, self._granted = self._granted, 0

    def _take_key(self) -> None:
        """The newest key signs, the one before is still heeded; none, or a bad one, changes nothing."""
        key = self._secret.get(self._where)
        if key is None:
            log.warning("the Secret has no usable key, keeping the last", secret=str(self._where))
        elif self._heartbeats is not None and key not in self._heartbeats.keys[:1]:
            self._heartbeats.keys = (key, *self._heartbeats.keys[:1])
            self._keyed.set()

    def _meet(self, addresses: Mapping[str, IPAddress], unready: frozenset[str]) -> None:
        if self._heartbeats is not None and (addresses, unready) != self._told_peers:
            self._told_peers = addresses, unready
            self._heartbeats.meet(addresses, unready)

    def _log(self, view: View) -> None:
        if view.states != self._view.states:
            log.info(
                "live speakers changed",
                alive={name: state.name for name, state in sorted(view.states.items())},
            )
        for name, uplinks in sorted(view.uplinks.items()):
            if uplinks != self._view.uplinks.get(name, ()):
                log.info(
                    "interfaces of a speaker changed",
                    of=name,
                    up={each.name: each.mac.hex(":") for each in uplinks},
                )


def _soon(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    """Call it on the loop; where that has ended, nobody needs it any more."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(call)
