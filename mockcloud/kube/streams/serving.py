"""Carries out a request for a stream: finds the pod's node, asks its agent, and stays between them."""

import asyncio
import contextlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from mockcloud.kube.registry import Place, Registry
from mockcloud.kube.resources.core.node import NODE
from mockcloud.kube.streams.nodes import BUFFER, Answer, Network, ask
from mockcloud.kube.streams.options import PROXY, locate
from mockcloud.kube.streams.proxying import agent_of, proxy
from mockcloud.kube.streams.splicing import splice
from mockcloud.kube.writes import refusals
from mockcloud.kube.writes.refusals import Refusal

_BINARY: Final = "binary.k8s.io"
_BASE64: Final = "base64.binary.k8s.io"
_HANDSHAKE: Final = ("Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol")


@dataclass(slots=True)
class Streams:
    """All streams that are open; `stop` ends them."""

    token_of: Callable[[str], str]  # by which a node's agent knows us, by the node's name
    network: Network = field(default_factory=Network)
    _open: set[asyncio.Task[object]] = field(default_factory=set)

    async def serve(self, request: web.BaseRequest, place: Place, registry: Registry) -> web.StreamResponse:
        """The answer, when the stream has ended."""
        if place.subresource == PROXY:
            token = {"Authorization": f"Bearer {self.token_of(agent_of(place))}"}
            with self._counted():
                return await proxy(request, place, registry, self.network, token)
        pod = registry.get(place).object
        query = {name: request.query.getall(name) for name in request.query}
        location = locate(pod, place.subresource, query)
        if location is None:
            return web.Response(text="")
        node = registry.get(Place(NODE, "", location.node)).object
        headers = {"Authorization": f"Bearer {self.token_of(location.node)}"}
        if place.subresource == "log":
            answer = await ask(self.network, node, location.path, headers, version="1.0")
        else:
            answer = await ask(self.network, node, location.path, headers | _upgrade(request))
        with self._counted():
            try:
                return await _relay(request, place, answer)
            finally:
                answer.close()

    def stop(self) -> None:
        """End all streams, and the network's thread."""
        for task in self._open:
            task.cancel()
        self.network.close()

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            yield
        finally:
            self._open.discard(task)


def _upgrade(request: web.BaseRequest) -> dict[str, str]:
    """What the agent must hear of the client's handshake; nothing where it wants no WebSocket."""
    if request.headers.get("Upgrade", "").lower() != "websocket":
        return {}
    found = {name: request.headers[name] for name in _HANDSHAKE if name in request.headers}
    return {"Upgrade": "websocket", "Connection": "Upgrade", **found}


async def _relay(request: web.BaseRequest, place: Place, answer: Answer) -> web.StreamResponse:
    if answer.status == 101:
        return await splice(request, answer)
    if answer.status == 200:
        return await _log(request, answer)
    why = await answer.text()
    if place.subresource == "log":
        raise _as_status(place, answer.status, why)
    # As it is: kubectl says it after `unable to upgrade connection: `.
    return web.Response(text=why, status=answer.status)


async def _log(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    if _upgrade(request):
        return await _log_in_messages(request, answer)
    response = web.StreamResponse(headers={"Content-Type": "text/plain", "Cache-Control": "no-cache"})
    await response.prepare(request)
    while content := await answer.reader.read(BUFFER):
        await response.write(content)
    await response.write_eof()
    return response


async def _log_in_messages(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    """For a client that asks by WebSocket (k8s.io/apiserver's wsstream.Reader): as it is, or in base64."""
    socket = web.WebSocketResponse(protocols=(_BINARY, _BASE64))
    await socket.prepare(request)
    while content := await answer.reader.read(BUFFER):
        if socket.ws_protocol == _BASE64:
            await socket.send_str(b64encode(content).decode())
        else:
            await socket.send_bytes(content)
    await socket.close()
    return socket


def _as_status(place: Place, status: int, why: str) -> Refusal:
    """An agent's refusal of a log as the API says it (GenericHttpResponseChecker)."""
    match status:
        case 400:
            return refusals.bad_request(why)
        case 404:
            return Refusal(404, "NotFound", f"{why} ({place.kind.plural}/{place.subresource} {place.name})")
    return Refusal(500, "InternalError", f"Internal error occurred: {why}")
