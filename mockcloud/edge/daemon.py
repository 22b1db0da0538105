"""The edge put together: the cloud and its API, health, programs, names; what begins when, how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
from typing import TYPE_CHECKING, Final

from aiohttp import web
from pyroute2 import AsyncIPRoute

from mockcloud.cloud.aws.default_vpc import default_ids
from mockcloud.cloud.core.names import DOMAIN
from mockcloud.cloud.core.values import Instance
from mockcloud.cloud.journal import SqliteJournal
from mockcloud.cloud.service import CloudService
from mockcloud.cloud.serving.metadata import metadata_application
from mockcloud.cloud.serving.server import CloudServer, Where
from mockcloud.cloud.timekeeping import clock_of
from mockcloud.edge import clients
from mockcloud.edge.carriers import Addresses, Machines, Names, Proxy, Translation
from mockcloud.edge.certificates import CertificateFiles
from mockcloud.edge.decide.haproxy_config import COMMON
from mockcloud.edge.inventory import first_state
from mockcloud.edge.names import NameServer
from mockcloud.edge.net.links import Switch
from mockcloud.edge.net.router import Router
from mockcloud.edge.news import CloudTime
from mockcloud.edge.steering import Steering
from mockcloud.haproxy.process import HAProxy
from mockcloud.proxy.nftables import open_nft
from mockcloud.readiness import announce_ready

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from pathlib import Path

    from mockcloud.edge.settings import Settings

LOG: Final = logging.getLogger(__name__)
ENVIRONMENT: Final = "environment.json"


async def run(settings: Settings) -> None:
    """Until SIGTERM. JournalError, NftMissing and OSError come before anything is changed."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    switch, cloud = Switch(settings.descriptors.switch), _cloud(settings)
    with _sockets(settings.descriptors.api) as api, _sockets(settings.descriptors.dns) as dns:
        server = CloudServer(cloud, Where(sockets=tuple(api)))
        _tell_clients(settings, server)
        async with AsyncIPRoute() as netlink:
            router = Router(netlink, settings.where.inside)
            await router.prepare()
            async with asyncio.TaskGroup() as group:
                edge = _Edge(settings, cloud, group)
                await edge.run(server, (router, switch), dns)


class _Edge:
    """The tasks of one edge."""

    def __init__(self, settings: Settings, cloud: CloudService, group: asyncio.TaskGroup) -> None:
        self._settings, self._group = settings, group
        self._steering = Steering(cloud, CloudTime(cloud.clock), group)
        self._haproxy = HAProxy(settings.data_dir, group, self._steering.look_again, COMMON)
        self._names = NameServer(DOMAIN, [settings.dns_address], settings.dns_upstream)

    async def run(
        self, server: CloudServer, network: tuple[Router, Switch], dns: Sequence[socket.socket]
    ) -> None:
        """Until SIGTERM."""
        settings, (router, switch) = self._settings, network
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        if await self._haproxy.take_over():
            self._steering.trust()
        performers = (
            Addresses(router, settings.where),
            Translation(open_nft(), settings.where),
            Proxy(self._haproxy, CertificateFiles(settings.data_dir)),
            Machines(switch, [each.name for each in settings.inventory.machines]),
            Names(self._names),
        )
        tasks = [
            self._group.create_task(self._names.serve(dns), name="names"),
            self._group.create_task(self._steering.run(performers), name="steering"),
        ]
        await self._steering.began.wait()
        async with server.running(), _metadata(server, settings.descriptors.metadata):
            announce_ready()
            await stop.wait()
        LOG.info("stopping")
        for task in tasks:
            task.cancel()
        self._steering.stop()
        await self._haproxy.stop()


@contextlib.asynccontextmanager
async def _metadata(server: CloudServer, descriptors: Sequence[int]) -> AsyncIterator[None]:
    """Tells each instance of itself, by the address that it asks from."""
    runner = web.AppRunner(metadata_application(server.cloud, server.where.keys), access_log=None)
    await runner.setup()
    try:
        for each in descriptors:
            await web.SockSite(runner, socket.socket(fileno=each)).start()
        yield
    finally:
        await runner.cleanup()


def _cloud(settings: Settings) -> CloudService:
    """What was kept; at the very beginning what the lab has. JournalError."""
    journal = SqliteJournal(settings.data_dir / "cloud.sqlite")
    cloud = CloudService(clock_of(journal), journal=journal)
    cloud.first_state = lambda: first_state(settings.inventory, cloud.catalogue, cloud.clock.now())
    if not cloud.state.all(Instance) and not (settings.data_dir / ENVIRONMENT).exists():
        cloud.begin_anew(cloud.first_state())
    return cloud


def _tell_clients(settings: Settings, server: CloudServer) -> None:
    """Write down what they need: for the user, whom the first socket is for, and for the lab's hosts."""
    host, port = server.where.sockets[0].getsockname()[:2]
    urls = {"user": f"http://{host}:{port}", "lab": settings.lab_url}
    ids, where = default_ids(server.cloud), server.where
    told = {who: clients.variables(url, where.token, where.keys, ids) for who, url in urls.items()}
    _write(settings.data_dir / "cloud.conf", clients.cloud_config(settings.lab_url, ids))
    _write(settings.data_dir / "resolv.conf", clients.resolv_conf(settings.dns_address))
    _write(settings.data_dir / ENVIRONMENT, json.dumps(told))


def _write(path: Path, text: str) -> None:
    """In one step, for its owner's eyes only."""
    fresh = path.with_suffix(".new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


@contextlib.contextmanager
def _sockets(descriptors: Sequence[int]) -> Iterator[list[socket.socket]]:
    """Inherited ones."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(socket.socket(fileno=each)) for each in descriptors]
