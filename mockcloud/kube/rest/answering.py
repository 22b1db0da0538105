"""How a watch's events reach its client: as lines of one answer, or as messages of a WebSocket.

As upstream (x/net/websocket): a client of the latter says from where it comes, and asks for one protocol at
most, which it then gets.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import web

_CLOSE_SECONDS: Final = 2.0
"""How long a client may take to say goodbye."""
_MOST_SAID: Final = 4096
"""Bytes of a message that a client sends, which nobody reads."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One whose head is sent; `send` takes some events, a line each, and raises ConnectionError."""

    response: web.StreamResponse
    send: Callable[[Sequence[bytes]], Awaitable[None]]


@asynccontextmanager
async def lines(request: web.BaseRequest) -> AsyncIterator[Answer]:
    """An answer that goes on, with its end; that the client has left is no error."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Cache-Control": "no-cache"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    with suppress(ConnectionError):
        yield Answer(response, lambda events: response.write(b"".join(events)))
        await response.write_eof()


@asynccontextmanager
async def messages(request: web.BaseRequest, gone: Callable[[], None]) -> AsyncIterator[Answer]:
    """A message of text for each event, then the goodbye; `gone` is called when the client has left."""
    socket = web.WebSocketResponse(
        protocols=_protocols(request), timeout=_CLOSE_SECONDS, max_msg_size=_MOST_SAID, compress=False
    )

    async def send(events: Sequence[bytes]) -> None:
        for event in events:
            await socket.send_str(event.decode())

    async def listen() -> None:
        async for _ in socket:  # it has nothing to say but goodbye (and pings, which are answered)
            pass
        gone()

    await socket.prepare(request)
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(listen(), name="client of a WebSocket watch")
        with suppress(ConnectionError):
            yield Answer(socket, send)
        listening.cancel()
    with suppress(ConnectionError):
        await socket.close()


def wants_messages(request: web.BaseRequest) -> bool:
    """Whether the client wants a WebSocket."""
    connection = request.headers.get("Connection", "").lower().split(",")
    wanted = request.headers.get("Upgrade", "").lower() == "websocket"
    return wanted and "upgrade" in [each.strip() for each in connection]


def refusal(request: web.BaseRequest) -> web.Response | None:
    """The answer to a handshake that is not taken, None for one that is."""
    if not request.headers.get("Origin"):
        return web.Response(status=HTTPStatus.FORBIDDEN)
    version, key = (request.headers.get(f"Sec-WebSocket-{each}", "") for each in ("Version", "Key"))
    if len(_protocols(request)) > 1 or version != "13" or not key:
        return web.Response(status=HTTPStatus.BAD_REQUEST)
    return None


def _protocols(request: web.BaseRequest) -> tuple[str, ...]:
    said = ",".join(request.headers.getall("Sec-WebSocket-Protocol", ()))
    return tuple(each.strip() for each in said.split(",") if each.strip())
