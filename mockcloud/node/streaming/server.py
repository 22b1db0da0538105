"""The HTTP server of a node's agent: who may ask, which pod is meant, and kubelet's own words for a no."""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from aiohttp import web

from mockcloud.cluster_defaults import KUBELET_PORT
from mockcloud.node.measuring import exposition
from mockcloud.node.measuring.reading import NodeMeter
from mockcloud.node.runtime.exec_attach import ContainerAccess, NoContainer, log_path
from mockcloud.node.streaming import log_files, logs, remote_command
from mockcloud.node.streaming.connection import Connection, NotWebSocket
from mockcloud.node.streaming.pods import PodAccess, Pods
from mockcloud.node.streaming.protocols.log_lines import LogOptions, NoLog, run_to_show
from mockcloud.node.streaming.remote_command import Wishes

LOG: Final = logging.getLogger(__name__)
STOP_SECONDS: Final = 0.5
LINE_LIMIT: Final = 1 << 20  # bytes of a request's first line: a command of exec is in there
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refused(Exception):
    """The answer to a request that is not carried out."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class KubeletServer:
    """Serves the node's pods to whoever has the node's token (client/kubelet.py)."""

    def __init__(self, pods: Pods, token: str, clock: Callable[[], float], data: Path) -> None:
        """`data` is the agent's folder, which has the logs."""
        self._pods = pods
        self._data = data
        self._token = token
        self._clock = clock
        self._attached: set[tuple[Path, str, int]] = set()  # runs to which somebody has attached
        # By log: how many bytes were given out. kubectl 1.37 asks for it before it attaches, and shows both.
        self._given: dict[Path, int] = {}
        self._meter = NodeMeter()
        self.app = web.Application(middlewares=[self._guarded])
        self.app.router.add_get("/exec/{namespace}/{pod}/{container}", self._exec)
        self.app.router.add_get("/attach/{namespace}/{pod}/{container}", self._attach)
        self.app.router.add_get("/portForward/{namespace}/{pod}", self._port_forward)
        self.app.router.add_get("/containerLogs/{namespace}/{pod}/{container}", self._logs)
        self.app.router.add_get("/healthz", _healthy)
        self.app.router.add_get("/healthz/{check:ping|log|syncloop}", _healthy)
        self.app.router.add_get("/metrics/resource", self._measure)
        self.app.router.add_get("/pods", self._list_pods)
        self.app.router.add_get("/logs/{path:.*}", self._log_files)

    async def run(self, addresses: Sequence[str], port: int = KUBELET_PORT) -> None:
        """Serve until cancelled. An address that cannot be had is logged: the pods go on without."""
        # A handler whose client has gone is cancelled, so that its program ends, too.
        runner = web.AppRunner(
            self.app,
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=STOP_SECONDS,
            max_line_size=LINE_LIMIT,
        )
        await runner.setup()
        try:
            for address in addresses:
                try:
                    await web.TCPSite(runner, address, port).start()
                except OSError as error:
                    LOG.error("could not serve exec, attach and port-forward by %s: %s", address, error)
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.encode(), self._token.encode()):
            return web.Response(text="Unauthorized", status=401)
        try:
            return await handler(request)
        except Refused as refused:
            return web.Response(text=refused.message, status=refused.status)
        except NotWebSocket as error:
            return web.Response(text=str(error), status=400)

    async def _exec(self, request: web.Request) -> web.StreamResponse:
        door, wishes = self._running(request), _wishes(request)
        command = request.query.getall("command", [])
        if not command:
            raise Refused(400, "you must specify at least one command for the container")
        connection = await Connection.open(request)
        await remote_command.execute(connection, door, command, wishes)
        return connection.socket

    async def _attach(self, request: web.Request) -> web.StreamResponse:
        door, wishes = self._missed(request) or self._running(request), _wishes(request)
        self._attached = {run for run in self._attached if run[0].exists()} | {_run(door)}
        path = log_path(*_run(door))
        known = self._given.get(path, 0)
        connection = await Connection.open(request)
        try:
            await remote_command.attach(connection, door, wishes, known)
        except NoContainer as error:
            if door.spec.stdin:
                await logs.replay(connection, path, known)
            else:
                await connection.failed(f"error attaching to container: {error}")
        return connection.socket

    def _missed(self, request: web.Request) -> ContainerAccess | None:
        """A container that waited for a client (`kubectl run -i`) and has ended before one came."""
        door = self._pod(request, "pod does not exist").door(request.match_info["container"])
        if door is None or door.running or door.attempt < 0 or not door.spec.stdin:
            return None
        return None if _run(door) in self._attached else door

    async def _port_forward(self, request: web.Request) -> web.StreamResponse:
        # Its protocol takes as long to load as the rest of the server, and most labs never ask.
        from mockcloud.node.streaming import port_forward

        pod = self._pod(request, "pod does not exist")
        ports = [int(text) for text in request.query.get("port", "").split(",") if text]
        return await port_forward.serve(request, pod.dial, ports)

    async def _logs(self, request: web.Request) -> web.StreamResponse:
        name, container = request.match_info["pod"], request.match_info["container"]
        pod = self._pod(request, f'pod "{name}" does not exist')
        door = pod.door(container)
        if door is None:
            raise Refused(404, f'container "{container}" not found in pod "{name}"')
        try:
            options = LogOptions.parse(request.query, datetime.fromtimestamp(self._clock(), tz=UTC))
            run = run_to_show(pod.statuses(), container, name, previous="previous" in request.query)
        except (NoLog, ValueError) as error:
            raise Refused(400, str(error)) from error

        def is_over() -> bool:
            now = pod.door(container)
            return now is None or not now.running or now.attempt != run

        path = log_path(door.folder, container, run)

        def on_read(size: int) -> None:
            if options == LogOptions() and door.spec.stdin:
                kept = {log: known for log, known in self._given.items() if log.exists()}
                self._given = kept | {path: size}

        try:
            return await logs.serve(request, path, options, is_over, on_read)
        except FileNotFoundError:
            # As a kubelet does where a log was removed meanwhile.
            return web.Response(text=f"unable to retrieve container logs for {container}/{run}")

    async def _measure(self, _request: web.Request) -> web.StreamResponse:
        measured = await asyncio.to_thread(self._meter.measure, self._pods.processes())
        text = exposition.text(measured, self._clock())
        return web.Response(body=text.encode(), headers={"Content-Type": exposition.CONTENT_TYPE})

    async def _list_pods(self, _request: web.Request) -> web.StreamResponse:
        found = {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": self._pods.objects()}
        return web.json_response(found)

    async def _log_files(self, request: web.Request) -> web.StreamResponse:
        return log_files.serve(self._data, request.match_info["path"])

    def _pod(self, request: web.Request, why_not: str) -> PodAccess:
        pod = self._pods.find(request.match_info["namespace"], request.match_info["pod"])
        if pod is None:
            raise Refused(404, why_not)
        return pod

    def _running(self, request: web.Request) -> ContainerAccess:
        container = request.match_info["container"]
        door = self._pod(request, "pod does not exist").door(container)
        if door is None or not door.running:
            raise Refused(500, f'container not found ("{container}")')
        return door


async def _healthy(_request: web.Request) -> web.StreamResponse:
    """Whoever answers is: the loops of the agent end together."""
    return web.Response(text="ok")


def _run(door: ContainerAccess) -> tuple[Path, str, int]:
    return door.folder, door.spec.name, door.attempt


def _wishes(request: web.Request) -> Wishes:
    query = request.query
    tty = "tty" in query
    # A terminal has one output.
    wishes = Wishes("input" in query, "output" in query, "error" in query and not tty, tty)
    if not wishes.any:
        raise Refused(400, "you must specify at least 1 of stdin, stdout, stderr")
    return wishes
