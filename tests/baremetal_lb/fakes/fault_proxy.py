"""An HTTP proxy before the embedded API that fails as told: refused writes, cut connections, nobody there."""

import asyncio
import contextlib
import json
import ssl
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
from aiohttp import web


class FaultProxy:
    """`faults` answer the next writes of statuses; `away` makes every request fail; `cut` ends watches."""

    def __init__(self, server: str, token: str, authority: str) -> None:
        self.faults: deque[int] = deque()
        self.away = False
        self.forbidden = ""  # a part of the paths that are refused with 403
        self.version = ""  # instead of the cluster's own
        self.delay = 0.0
        self.status_writes: list[tuple[str, int]] = []  # path and answer, of each PATCH
        self._server = server
        self._token = token
        self._tls = ssl.create_default_context(cadata=authority)
        self._streams: list[web.Request] = []
        self._turned_away = 0
        self._news = asyncio.Event()

    def cut(self) -> None:
        """Drop every watch's connection, as a restarted load balancer before the API would."""
        for request in list(self._streams):
            if request.transport:
                request.transport.abort()

    async def turned_away(self, times: int) -> None:
        """Return when so many requests more have failed because the API is away."""
        expected = self._turned_away + times
        while self._turned_away < expected:
            self._news.clear()
            await self._news.wait()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        is_status = request.method == "PATCH" and request.path.endswith("/status")
        if self.away:
            self._turned_away += 1
            self._news.set()
            request.transport.abort()
            return web.Response()
        if self.forbidden and self.forbidden in request.path:
            who = "system:serviceaccount:baremetal-lb-system:tester"
            why = f'it is forbidden: User "{who}" cannot use resource "any" in API group "": injected'
            body = {"kind": "Status", "code": 403, "reason": "Forbidden", "message": why}
            return web.json_response(body, status=403)
        if is_status and self.faults:
            code = self.faults.popleft()
            self.status_writes.append((request.path, code))
            reason = {409: "Conflict", 410: "Expired"}.get(code, "Injected")
            return web.json_response(
                {"kind": "Status", "code": code, "reason": reason, "message": "injected"}, status=code
            )
        if self.version and request.path == "/version":
            return web.json_response({"gitVersion": self.version})
        await asyncio.sleep(self.delay)
        return await self._forward(request, is_status=is_status)

    async def _forward(self, request: web.Request, *, is_status: bool) -> web.StreamResponse:
        headers = {"Authorization": f"Bearer {self._token}"}
        if "Content-Type" in request.headers:
            headers["Content-Type"] = request.headers["Content-Type"]
        url = self._server + request.path_qs
        body = await request.read()
        async with self._session.request(
            request.method, url, data=body, headers=headers, ssl=self._tls
        ) as answer:
            if request.query.get("watch") == "true":
                return await self._stream(request, answer)
            if is_status:
                self.status_writes.append((request.path, answer.status))
            return web.Response(
                body=await answer.read(), status=answer.status, content_type="application/json"
            )

    async def _stream(self, request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        response = web.StreamResponse(status=answer.status)
        await response.prepare(request)
        self._streams.append(request)
        try:
            with contextlib.suppress(ConnectionError, aiohttp.ClientError):
                async for chunk in answer.content.iter_any():
                    await response.write(chunk)
        finally:
            self._streams.remove(request)
        return response

    @contextlib.asynccontextmanager
    async def running(self, folder: Path) -> AsyncIterator[Path]:
        """Serve, and yield the path of a kubeconfig that leads through here."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.01)
        timeout = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(timeout=timeout) as self._session:
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            document = {
                "clusters": [
                    {"name": "c", "cluster": {"server": f"http://127.0.0.1:{runner.addresses[0][1]}"}}
                ],
                "users": [{"name": "u", "user": {"token": "t"}}],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "x",
            }
            path = folder / "through-the-proxy"
            path.write_text(json.dumps(document))
            try:
                yield path
            finally:
                await runner.cleanup()
