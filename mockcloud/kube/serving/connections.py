"""The connections of the API: accepted, counted, bounded, and cut when nobody asks anything on them.

Who has shown the token may keep connections (watches, clients that wait); strangers, who have not, are few,
and the one that was there first goes when there are too many. Times are those of kube-apiserver's server.
"""

import asyncio
import errno
import logging
import resource
import socket
import ssl
from asyncio.sslproto import SSLProtocol
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from mockcloud.kube.rest import replies
from mockcloud.kube.rest.handler import Api
from mockcloud.kube.rest.parsing import BODY_LIMIT
from mockcloud.kube.writes.refusals import too_many_requests

MOST: Final = 4096
"""Connections in all, where the process may have so many files."""
SPARE: Final = 64
"""So many more are accepted to be told that there are too many."""
MOST_STRANGERS: Final = 512
OTHER_FILES: Final = 256
HANDSHAKE_SECONDS: Final = 10.0
GOODBYE_SECONDS: Final = 1.0
REQUEST_SECONDS: Final = 32.0
"""From the connection to the first request with the token (ReadHeaderTimeout)."""
IDLE_SECONDS: Final = 90.0
REPORT_SECONDS: Final = 5.0
TLS_BUFFER: Final = 32 << 10
"""Bytes that each connection reads into; asyncio's 256 KiB would be most of what an idle watch costs."""
LINE_LIMIT: Final = 1 << 20  # bytes of a request's first line: kubectl exec has its command in there
FILES_SHORT: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

log = logging.getLogger(__name__)


def most_connections() -> int:
    """How many connections there may be, by the limit of open files."""
    return max(OTHER_FILES, min(MOST, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - OTHER_FILES))


@dataclass(slots=True, eq=False)
class Stranger:
    """A connection that has not shown the token yet: its task while TLS begins, then its handler."""

    sock: socket.socket
    task: asyncio.Task[None] | None = None
    begun: bool = False  # the socket belongs to a transport
    handler: Any = None  # aiohttp's RequestHandler

    @property
    def gone(self) -> bool:
        """Whether the other side has closed it."""
        return self.handler is not None and self.handler.transport is None

    def cut(self) -> None:
        """Close it without waiting for the other side."""
        if self.handler is not None:
            self.handler.force_close()
        elif self.task is not None:
            self.task.cancel()
            if not self.begun:
                self.sock.close()


class Connections:
    """All connections of one server: `accept` serves a listener, `close` ends them."""

    def __init__(self, api: Api, context: ssl.SSLContext, most: int) -> None:
        self._api = api
        self._context = context
        self._most = most
        self._strangers: dict[Stranger, None] = {}
        self._unproven: dict[Any, Stranger] = {}  # by handler
        self._unwelcome: set[Any] = set()
        self._cut: Counter[str] = Counter()
        self._server = web.Server(
            self._handle,
            request_factory=_request,
            # A commit does not wait, so ending the handler of a client that went away leaves none half done.
            handler_cancellation=True,
            access_log=None,
            keepalive_timeout=IDLE_SECONDS,
            max_line_size=LINE_LIMIT,
        )
        api.proven = self._proven
        SSLProtocol.max_size = TLS_BUFFER

    async def accept(self, listener: socket.socket) -> None:
        """Take in connections for ever."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    sock, _ = await loop.sock_accept(listener)
                except OSError as exc:
                    self._count(f"not accepted: {exc.strerror}")
                    await asyncio.sleep(REPORT_SECONDS / 10 if exc.errno in FILES_SHORT else 0)
                    continue
                if len(self._server.connections) >= self._most + SPARE:
                    self._count("beyond the most there may be")
                    sock.close()
                    continue
                stranger = Stranger(sock)
                stranger.task = group.create_task(self._begin(stranger), name="TLS handshake")
                self._welcome(stranger)
                await asyncio.sleep(0)  # those that are connected have their turn, however many are to come

    async def close(self, timeout: float) -> None:
        """End all connections; requests at work have `timeout` seconds."""
        self._server.pre_shutdown()
        await self._server.shutdown(timeout)

    def _welcome(self, stranger: Stranger) -> None:
        self._strangers[stranger] = None
        if len(self._strangers) > MOST_STRANGERS:
            for each in [each for each in self._strangers if each.gone]:
                self._forget(each)
        while len(self._strangers) > MOST_STRANGERS:
            eldest = next(iter(self._strangers))
            self._forget(eldest)
            self._count("more than may be without a token")
            eldest.cut()

    async def _begin(self, stranger: Stranger) -> None:
        """TLS, and then the time in which a request has to come."""
        loop = asyncio.get_running_loop()
        stranger.begun = True
        try:
            _, handler = await loop.connect_accepted_socket(
                self._server,
                stranger.sock,
                ssl=self._context,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=GOODBYE_SECONDS,
            )
        except OSError:  # ssl.SSLError is one
            self._forget(stranger)
            self._count("TLS did not come about")
            return
        except asyncio.CancelledError:
            self._forget(stranger)
            raise
        stranger.handler = handler
        self._unproven[handler] = stranger
        if len(self._server.connections) > self._most:
            self._unwelcome.add(handler)
        loop.call_later(REQUEST_SECONDS, self._too_late, stranger)

    def _too_late(self, stranger: Stranger) -> None:
        if stranger not in self._strangers:
            return
        self._forget(stranger)
        if not stranger.gone:
            self._count(f"without a token for {REQUEST_SECONDS:g} s")
            stranger.cut()

    def _proven(self, handler: object) -> None:
        stranger = self._unproven.get(handler)
        if stranger is not None:
            self._forget(stranger)

    def _forget(self, stranger: Stranger) -> None:
        self._strangers.pop(stranger, None)
        self._unproven.pop(stranger.handler, None)
        self._unwelcome.discard(stranger.handler)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.protocol in self._unwelcome:
            self._count("beyond the most there may be")
            why = f"the API has {self._most} connections, no more are served: close some and try again"
            response = replies.refused(too_many_requests(why))
            response.force_close()
            return response
        return await self._api.handle(request)

    def _count(self, why: str) -> None:
        """One line in the log for all of some seconds."""
        if not self._cut:
            asyncio.get_running_loop().call_later(REPORT_SECONDS, self._report)
        self._cut[why] += 1

    def _report(self) -> None:
        told = ", ".join(f"{count} {why}" for why, count in self._cut.items())
        log.warning("connections cut: %s; %d are open", told, len(self._server.connections))
        self._cut.clear()


def _request(message, payload, protocol, writer, task):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202 (aiohttp's own shape)
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=BODY_LIMIT)
