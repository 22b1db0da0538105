"""The DNS daemon put together: who watches what, who answers where, and how it all ends."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Iterator
from typing import Final

from mockcloud.client.informer import Informer
from mockcloud.client.objects import Key, Object
from mockcloud.client.odd import readable
from mockcloud.client.resources import ENDPOINT_SLICES, NAMESPACES, SERVICES
from mockcloud.client.rest import Client
from mockcloud.dns.decide.convert import service_view, slice_view
from mockcloud.dns.decide.views import ServiceKey
from mockcloud.dns.decide.zone import Zone, ZoneFacts
from mockcloud.dns.publication import Publisher
from mockcloud.dns.serving.datagrams import DatagramServer
from mockcloud.dns.serving.responder import Responder
from mockcloud.dns.serving.streams import StreamServer
from mockcloud.dns.serving.upstream import Upstream
from mockcloud.dns.settings import Settings
from mockcloud.readiness import announce_ready

LOG: Final = logging.getLogger(__name__)
# As long as CoreDNS waits for the API before it answers without: SERVFAIL to what it does not know.
SYNC_SECONDS: Final = 5.0
REPORT_SECONDS: Final = 60.0


async def run(settings: Settings) -> None:
    """Until SIGTERM. KubeconfigError or OSError (an address that is taken) come before anything else."""
    sockets = open_sockets(settings)
    try:
        async with Client.from_kubeconfig(str(settings.kubeconfig)) as client:
            await _Daemon(settings, client).run(sockets)
    finally:
        for each in sockets:
            each.close()


def open_sockets(settings: Settings) -> list[socket.socket]:
    """The inherited sockets, or new ones on each of the node's addresses."""
    if settings.descriptors:
        return [socket.socket(fileno=descriptor) for descriptor in settings.descriptors]
    found = []
    for ip in settings.node_ips:
        family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
        datagrams = socket.socket(family, socket.SOCK_DGRAM)
        datagrams.bind((str(ip), settings.port))
        found += [datagrams, socket.create_server((str(ip), settings.port), family=family)]
    return found


class _Daemon:
    """The tasks of one daemon."""

    def __init__(self, settings: Settings, client: Client) -> None:
        self._zone = Zone(ZoneFacts(domain=settings.cluster_domain, servers=settings.cluster_dns))
        self._responder = Responder(self._zone, upstream=bool(settings.upstream))
        self._upstream = Upstream(settings.upstream, self._responder)
        self._publisher = Publisher(client, settings)
        self._services = Informer(client, SERVICES)
        self._slices = Informer(client, ENDPOINT_SLICES)
        self._namespaces = Informer(client, NAMESPACES)

    async def run(self, sockets: list[socket.socket]) -> None:
        """Until SIGTERM."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        with contextlib.suppress(asyncio.CancelledError):
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._services.run(self._on_service), name="watch services"),
                    group.create_task(self._slices.run(self._on_slice), name="watch endpoint slices"),
                    group.create_task(self._namespaces.run(self._on_namespace), name="watch namespaces"),
                    group.create_task(self._publisher.run(), name="publication"),
                    group.create_task(self._serve(sockets), name="serve"),
                    group.create_task(self._report(), name="report"),
                ]
                await stop.wait()
                for task in tasks:
                    task.cancel()
        LOG.info("stopped; messages without an answer: %s", self._faults())

    async def _serve(self, sockets: list[socket.socket]) -> None:
        try:
            async with asyncio.timeout(SYNC_SECONDS):
                await self._synced()
        except TimeoutError:
            LOG.warning("the API has not listed everything yet: unknown names get SERVFAIL")
        async with asyncio.TaskGroup() as group:
            with contextlib.ExitStack() as stack:
                for each in sockets:
                    if each.type == socket.SOCK_DGRAM:
                        stack.enter_context(self._datagrams(each, group))
                    else:
                        streams = StreamServer(each, self._responder, self._upstream)
                        group.create_task(streams.run(), name="streams")
                await self._synced()
                await self._publisher.published.wait()
                announce_ready()
                await asyncio.get_running_loop().create_future()

    @contextlib.contextmanager
    def _datagrams(self, wire: socket.socket, group: asyncio.TaskGroup) -> Iterator[None]:
        server = DatagramServer(wire, self._responder, self._upstream, group)
        server.start()
        try:
            yield
        finally:
            server.stop()

    async def _report(self) -> None:
        """Say what was not answered, and why, where there is something new to say."""
        said = self._faults()
        while True:
            await asyncio.sleep(REPORT_SECONDS)
            if (faults := self._faults()) != said:
                LOG.info("messages without an answer so far: %s", faults)
                said = faults

    def _faults(self) -> str:
        counted = self._responder.faults.most_common()
        return ", ".join(f"{count} of {fault.value!r}" for fault, count in counted) or "none"

    async def _synced(self) -> None:
        for informer in (self._services, self._slices, self._namespaces):
            await informer.synced.wait()
        if not self._zone.complete:
            self._zone.complete = True
            self._responder.cache.clear()
            LOG.info("all records are known")

    def _on_service(self, key: Key, _old: Object | None, new: Object | None) -> None:
        self._responder.changed(
            self._zone.put_service(ServiceKey(*key), readable("service (DNS)", key, service_view, new))
        )
        if new is None:
            self._publisher.gone(key)

    def _on_slice(self, key: Key, _old: Object | None, new: Object | None) -> None:
        self._responder.changed(
            self._zone.put_slice(key, readable("endpointslice (DNS)", key, slice_view, new))
        )
        if new is None:
            self._publisher.gone(key)

    def _on_namespace(self, key: Key, _old: Object | None, new: Object | None) -> None:
        self._responder.changed(self._zone.put_namespace(key[1], exists=new is not None))
