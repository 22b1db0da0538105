"""Tells load balancers about this node: each Service's health port, and :10256 for the node itself.

On the node's own loopback, :10249, is what kube-proxy says of itself there.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web

from mockcloud.client.clock import utc_now
from mockcloud.client.events import EventRecorder
from mockcloud.cluster_defaults import PROXY_HEALTH_PORT, PROXY_STATUS_PORT
from mockcloud.proxy.decide.views import Family, NodeView, ServiceKey, family_of
from mockcloud.proxy.health.answers import (
    NOT_FOUND,
    Answer,
    about_proxy,
    about_rules,
    about_service,
    about_status,
)
from mockcloud.proxy.health.listeners import Listeners, Place, runner_of
from mockcloud.proxy.health.state import ProxyState, eligible

LOG: Final = logging.getLogger(__name__)
RETRY_SECONDS: Final = 5.0
# Our own, kube-proxy has nothing like it: are the rules as new as these resourceVersions?
PROGRAMMED: Final = re.compile(r"/programmed/(?P<services>[0-9]{1,20})/(?P<slices>[0-9]{1,20})")
Object = dict[str, Any]


class NodeHealth:
    """The proxy says what it does and what it has; whoever asks is told."""

    def __init__(self, node: NodeView, recorder: EventRecorder) -> None:
        self.has_programmed: Callable[[int, int], bool] = lambda _services, _slices: False
        self._name = node.name
        self._recorder = recorder
        self._state = ProxyState()
        self._node: Object | None = None
        self._places: dict[ServiceKey, Mapping[Place, int]] = {}
        self._refusals: set[Place] = set()
        self._wake = asyncio.Event()
        addresses = {
            family: tuple(ip for ip in node.node_port_ips if family_of(ip) is family)
            for family in node.families
        }
        self._listeners = Listeners(addresses, self._about, self._refused)

    def queued(self, families: tuple[Family, ...]) -> None:
        """The rules of these families are to be changed."""
        self._state.queued(families, utc_now())

    def updated(self, family: Family) -> None:
        """The family's rules are what the API says."""
        self._state.updated(family, utc_now())

    def put(self, service: ServiceKey, ready: Mapping[tuple[Family, int], int]) -> None:
        """(family, health port) of the Service -> its ready endpoints on this node."""
        places = {Place(service, family, port): count for (family, port), count in ready.items()}
        before = self._places.pop(service, {})
        if places:
            self._places[service] = places
        if before.keys() != places.keys():
            self._wake.set()

    def see(self, node: Object | None) -> None:
        """The Node object, as it is now."""
        self._node = node

    async def run(self) -> None:
        """Until cancelled."""
        servers = {
            (None, PROXY_HEALTH_PORT): runner_of(self._about_proxy),
            ("127.0.0.1", PROXY_STATUS_PORT): runner_of(about_status),
        }
        for runner in servers.values():
            await runner.setup()
        try:
            while True:
                for (address, port), runner in servers.items():
                    if not runner.sites:
                        await self._open(runner, address, port)
                closed = any(not runner.sites for runner in servers.values())
                self._refusals.clear()
                await self._listeners.sync({place for held in self._places.values() for place in held})
                await self._until_wanted(retry=bool(self._refusals) or closed)
        finally:
            await self._listeners.close()
            for runner in servers.values():
                await runner.cleanup()

    async def _until_wanted(self, *, retry: bool) -> None:
        try:
            async with asyncio.timeout(RETRY_SECONDS if retry else None):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()

    async def _open(self, runner: web.ServerRunner, address: str | None, port: int) -> None:
        site = web.TCPSite(runner, address, port)
        try:
            await site.start()
        except OSError as error:
            await site.stop()
            LOG.warning("the health of this node is not served: port %d is taken: %s", port, error)

    def _about(self, place: Place) -> Answer:
        count = self._places.get(place.service, {}).get(place, 0)
        return about_service(place.service, count, healthy=self._state.healthy(utc_now()))

    def _about_proxy(self, path: str) -> Answer:
        now = utc_now()
        if path == "/healthz":
            return about_proxy(self._state.health(now), now, eligible=eligible(self._node))
        if path == "/livez":
            return about_proxy(self._state.health(now), now)
        asked = PROGRAMMED.fullmatch(path)
        if asked is not None:
            return about_rules(programmed=self.has_programmed(int(asked["services"]), int(asked["slices"])))
        return NOT_FOUND

    def _refused(self, place: Place, why: str) -> None:
        self._refusals.add(place)
        service = place.service
        message = f'node {self._name} failed to start healthcheck "{service}" on port {place.port}: {why}'
        LOG.warning(message)
        metadata = {"namespace": service.namespace, "name": service.name, "uid": str(service)}
        obj = {"apiVersion": "v1", "kind": "Service", "metadata": metadata}
        self._recorder.record(obj, "FailedToStartServiceHealthcheck", message, warning=True)
