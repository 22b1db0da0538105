"""An HTTP API that answers a list and watches exactly as a test scripts it: drops, stalls, 410s and all."""

import asyncio
import json
from collections import deque
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web


def thing(name: str, version: int, **data: str) -> dict:
    """A ConfigMap of namespace `lab`."""
    return {"metadata": {"namespace": "lab", "name": name, "resourceVersion": str(version)}, "data": data}


def event(kind: str, raw: dict) -> bytes:
    """One line of a watch."""
    return json.dumps({"type": kind, "object": raw}).encode() + b"\n"


def status(code: int, reason: str) -> dict:
    """A Status of failure."""
    return {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": "as scripted"}


class FlakyApi:
    """Answers requests from two scripts. The last line of each is repeated for ever."""

    def __init__(self) -> None:
        self.lists: deque = deque()
        self.watches: deque = deque()
        self.asked: list[str] = []  # the resourceVersion of each watch
        self.selectors: list[str] = []  # the fieldSelector of each request
        self.server = ""
        self._watch_began = asyncio.Condition()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.selectors.append(request.query.get("fieldSelector", ""))
        if request.query.get("watch") != "true":
            return _reply(_next(self.lists))
        async with self._watch_began:
            self.asked.append(request.query["resourceVersion"])
            self._watch_began.notify_all()
        script = _next(self.watches)
        if isinstance(script, dict):
            return _reply(script)
        response = web.StreamResponse()
        await response.prepare(request)
        for line in script:
            if line is None:
                request.transport.abort()
                return response
            if line is ...:
                await asyncio.Event().wait()
            await response.write(line)
        return response

    async def watched(self, times: int) -> None:
        """Return when so many watches have begun."""
        async with self._watch_began:
            await self._watch_began.wait_for(lambda: len(self.asked) >= times)

    @asynccontextmanager
    async def running(self, folder: Path):
        """Serve, and yield the path of a kubeconfig."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.answer)
        runner = web.AppRunner(app, shutdown_timeout=0.01)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.server = f"http://127.0.0.1:{runner.addresses[0][1]}"
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(
            json.dumps(
                {
                    "clusters": [{"name": "c", "cluster": {"server": self.server}}],
                    "users": [{"name": "u", "user": {"token": "t"}}],
                    "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                    "current-context": "x",
                }
            )
        )
        try:
            yield kubeconfig
        finally:
            await runner.cleanup()


def listing(version: int, *items: dict, onward: str = "") -> dict:
    """A page of a list."""
    metadata = {"resourceVersion": str(version), **({"continue": onward} if onward else {})}
    return {"kind": "ConfigMapList", "metadata": metadata, "items": list(items)}


def _next(script: deque):
    return script.popleft() if len(script) > 1 else script[0]


def _reply(body: dict) -> web.Response:
    return web.json_response(body, status=body.get("code", 200))
