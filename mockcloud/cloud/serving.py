"""The cloud on a socket: HTTP in, the dialects' answers out. The one file here that knows aiohttp."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, Final

import orjson
from aiohttp import web

from mockcloud.cloud import control
from mockcloud.cloud.calls import CallLog
from mockcloud.cloud.control import Control, Mistake
from mockcloud.cloud.core.values import Failure
from mockcloud.cloud.faults import Faults, Point
from mockcloud.cloud.hetzner import api as hetzner
from mockcloud.cloud.hetzner.api import HetznerApi
from mockcloud.cloud.hetzner.rate_limit import RateLimit
from mockcloud.cloud.hetzner.replies import Fault, Reply, Request, error_body
from mockcloud.cloud.journal import JournalError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from mockcloud.cloud.service import CloudService

LARGEST_BODY: Final = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Where:
    """Where to listen, and the token that clients have to bring. Port 0: any that is free."""

    host: str = "127.0.0.1"
    port: int = 0
    token: str = "mockcloud"


@dataclass(slots=True)
class CloudServer:
    """One cloud, its dialects, and what testers do to it."""

    cloud: CloudService
    where: Where = field(default_factory=Where)
    calls: CallLog = field(default_factory=CallLog)
    faults: Faults = field(default_factory=Faults)
    rate_limit: RateLimit = field(default_factory=RateLimit)
    _api: HetznerApi = field(init=False)
    _control: Control = field(init=False)

    def __post_init__(self) -> None:
        self._api = HetznerApi(self.cloud)
        self._control = Control(self.cloud, self.calls, self.faults)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Listens while it is entered; gives the URL. OSError where the port cannot be had."""
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self.where.host, self.where.port)
            await site.start()
            host, port, *_ = runner.addresses[0]
            yield f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        if path.startswith(f"{control.PREFIX}/"):
            return await self._control_it(request, path.removeprefix(control.PREFIX))
        if path.startswith(f"{hetzner.PREFIX}/"):
            return await self._hetzner(request, path.removeprefix(hetzner.PREFIX))
        return _json(
            404, {"error": f"nothing is at {path}: there are {hetzner.PREFIX}/ and {control.PREFIX}/"}
        )

    async def _control_it(self, request: web.Request, path: str) -> web.Response:
        try:
            body = await _body(request)
            return _json(200, self._control.answer(request.method, path, request.query, body))
        except Mistake as mistake:
            return _json(422, {"error": str(mistake)})
        except Fault as fault:
            return _json(fault.status, {"error": fault.message})
        except JournalError as error:
            return _json(500, {"error": str(error)})

    async def _hetzner(self, request: web.Request, path: str) -> web.StreamResponse:
        method = request.method
        struck = self.faults.strike(Point.REQUEST, method, request.path)
        if struck is not None:
            await asyncio.sleep(struck.delay)
        reply = self._refuse(request)
        if reply is None and struck is not None and struck.status:
            reply = _error(struck.status, struck.code or "server_error", struck.message)
        if reply is None:
            reply = await self._do(request, path)
        lost = self.faults.strike(Point.ANSWER, method, request.path) if reply.status < 400 else None
        code = (reply.body or {}).get("error", {}).get("code", "") if reply.status >= 400 else ""
        ordered = f"{struck.id}" if struck is not None else f"{lost.id}" if lost is not None else ""
        self.calls.note(
            self.cloud.clock.now(), ("hetzner", method, request.path_qs), reply.status, code, ordered
        )
        if lost is not None:
            await asyncio.sleep(lost.delay)
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        headers = self.rate_limit.headers(time.time_ns() / 1e9)
        return _json(reply.status, reply.body, headers)

    def _refuse(self, request: web.Request) -> Reply | None:
        """Whoever has no token, or asks too often."""
        given = request.headers.get("Authorization", "")
        if not compare_digest(given.encode(), f"Bearer {self.where.token}".encode()):
            return _error(401, "unauthorized", "unable to authenticate")
        if not self.rate_limit.take(time.monotonic()):
            return _error(429, "rate_limit_exceeded", "limit of 3600 requests per hour reached")
        return None

    async def _do(self, request: web.Request, path: str) -> Reply:
        try:
            body = await _body(request)
        except Fault as fault:
            return Reply(fault.status, error_body(fault))
        fails = None
        if request.method != "GET":
            fails = self.faults.strike(Point.OPERATION, request.method, request.path)
        if fails is not None:
            self.cloud.next_failure = Failure(fails.code or "action_failed", fails.message)
        try:
            return self._api.answer(request.method, path, Request(tuple(request.query.items()), body))
        except JournalError as error:
            return _error(503, "service_error", f"the change could not be kept: {error}")
        finally:
            self.cloud.next_failure = None


async def serve(server: CloudServer, ready: Callable[[str], None]) -> None:
    """Until SIGTERM or SIGINT; `ready` gets the URL. OSError where the port cannot be had."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with server.running() as url:
        ready(url)
        await stopped.wait()


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise Fault(413, "invalid_input", f"the body is larger than {LARGEST_BODY} bytes") from error
    if not raw:
        return {}
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Fault(400, "json_error", f"invalid JSON in the request: {error}") from error
    if not isinstance(found, dict):
        raise Fault(400, "json_error", "expected an object")
    return found


def _error(status: int, code: str, message: str) -> Reply:
    return Reply(status, error_body(Fault(status, code, message)))


def _json(status: int, body: dict[str, Any] | None, headers: dict[str, str] | None = None) -> web.Response:
    if body is None:
        return web.Response(status=status, headers=headers)
    return web.Response(
        status=status, body=orjson.dumps(body), content_type="application/json", headers=headers
    )
