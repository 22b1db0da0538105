"""One cloud that listens, and who answers what."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final

from aiohttp import web

from mockcloud.cloud import control
from mockcloud.cloud.aws.default_vpc import default_ids
from mockcloud.cloud.aws.places import core_name
from mockcloud.cloud.calls import CallLog
from mockcloud.cloud.control import Control, Mistake
from mockcloud.cloud.hetzner import api as hetzner
from mockcloud.cloud.hetzner.rate_limit import RateLimit
from mockcloud.cloud.journal import JournalError
from mockcloud.cloud.keys import KeyPair
from mockcloud.cloud.ordering import order
from mockcloud.cloud.serving.bodies import BodyError, json_body, json_response
from mockcloud.cloud.serving.faulty import Gauntlet
from mockcloud.cloud.serving.hetzner import HetznerEndpoint, too_large

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Callable, Mapping

    from mockcloud.cloud.faults import FaultRule, Outage
    from mockcloud.cloud.service import CloudService
    from mockcloud.cloud.serving.aws import AwsEndpoint

LARGEST_BODY: Final = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Where:
    """Where to listen, and what clients have to bring: a token, a key pair. Port 0: any that is free.

    `sockets`: those that listen already, in place of host and port.
    """

    host: str = "127.0.0.1"
    port: int = 0
    token: str = "mockcloud"
    keys: KeyPair = field(default_factory=KeyPair)
    sockets: tuple[socket.socket, ...] = ()


@dataclass
class CloudServer:
    """One cloud, its dialects, and what testers do to it."""

    cloud: CloudService
    where: Where = field(default_factory=Where)
    calls: CallLog = field(default_factory=CallLog)
    rate_limit: RateLimit = field(default_factory=RateLimit)

    def __post_init__(self) -> None:
        self.faults = self.cloud.faults
        self._gauntlet = Gauntlet(self.cloud, self.calls, self.faults)
        self._hetzner = HetznerEndpoint(self._gauntlet, self.where.token, self.rate_limit)
        self._control = Control(self.cloud, self.calls, lambda: default_ids(self.cloud), self.order)

    def order(self, asked: Mapping[str, object]) -> FaultRule | Outage:
        """A fault from now on, as /_mock/faults takes it; AWS' names will do. WrongFault."""
        catalogue = self.cloud.catalogue
        return order(self.faults, asked, catalogue, partial(core_name, catalogue))

    @cached_property
    def _aws(self) -> AwsEndpoint:
        """At the first request only: whoever speaks Hetzner's dialect does not wait for botocore."""
        from mockcloud.cloud.serving.aws import AwsEndpoint

        return AwsEndpoint(self._gauntlet, self.where.keys)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Listens while it is entered; gives the URL. OSError where the port cannot be had."""
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/{path:.*}", self._answer)
        # Neither API takes compressed bodies: they are bytes that are no JSON and no form.
        runner = web.AppRunner(app, access_log=None, handle_signals=False, auto_decompress=False)
        await runner.setup()
        try:
            sites: list[web.BaseSite] = [web.SockSite(runner, each) for each in self.where.sockets]
            for site in sites or [web.TCPSite(runner, self.where.host, self.where.port)]:
                await site.start()
            host, port, *_ = runner.addresses[0]
            yield f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        try:
            # Services that this cloud lacks have paths of their own; they are told so.
            if path == "/" or request.headers.get("Authorization", "").startswith("AWS4-"):
                return await self._aws.answer(request)
            if path.startswith(f"{hetzner.PREFIX}/"):
                return await self._hetzner.answer(request)
            if path.startswith(f"{control.PREFIX}/"):
                return await self._control_it(request, path.removeprefix(control.PREFIX))
        except web.HTTPRequestEntityTooLarge:
            return too_large(LARGEST_BODY)
        except ConnectionError:  # the client left before all of its body had come: nobody reads this
            return web.Response(status=400)
        there = f"there are / (AWS), {hetzner.PREFIX}/ and {control.PREFIX}/"
        return json_response(404, {"error": f"nothing is at {path}: {there}"})

    async def _control_it(self, request: web.Request, path: str) -> web.Response:
        try:
            body = json_body(await request.read())
            return json_response(200, self._control.answer(request.method, path, request.query, body))
        except Mistake as mistake:
            return json_response(422, {"error": str(mistake)})
        except BodyError as error:
            return json_response(400, {"error": str(error)})
        except JournalError as error:
            return json_response(500, {"error": str(error)})


async def serve(server: CloudServer, ready: Callable[[str], None]) -> None:
    """Until SIGTERM or SIGINT; `ready` gets the URL. OSError where the port cannot be had."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with server.running() as url:
        ready(url)
        await stopped.wait()
