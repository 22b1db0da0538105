"""A client's WebSocket as channels: what it says comes as values, and garbage ends it with the reason."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Final

from aiohttp import WSCloseCode, WSMsgType, web

from mockcloud.node.streaming.protocols.channels import (
    PROTOCOLS,
    Channel,
    ChannelError,
    Closed,
    Message,
    Protocol,
)

MOST_MESSAGE: Final = 4 << 20  # bytes; client libraries send a whole standard input at once
# How long a client may take to read what was sent before the end, as upstream's API server has it.
FINISH_SECONDS: Final = 15 * 60.0
HANG_UP_SECONDS: Final = 1.0
PING_SECONDS: Final = 30.0
MOST_REASON: Final = 123  # bytes of a close frame's text (RFC 6455, section 5.5)


class NotWebSocket(Exception):
    """The client did not ask for a WebSocket in a version that is served."""


def websocket(protocols: Iterable[str]) -> web.WebSocketResponse:
    """A WebSocket of ours, before its handshake."""
    return web.WebSocketResponse(
        protocols=tuple(protocols), compress=False, max_msg_size=MOST_MESSAGE, timeout=FINISH_SECONDS
    )


def need_offer(request: web.BaseRequest, protocols: Iterable[str]) -> None:
    """NotWebSocket, with advice, where no handshake can come of the request."""
    # No `: ` in these: kubectl up to 1.32 takes such a text for a Status in YAML, and shows nothing of it.
    served = ", ".join(name for name in protocols if name)
    if request.headers.get("Upgrade", "").lower() != "websocket":
        msg = f"SPDY is not served here, only WebSockets ({served}), as kubectl 1.31 and newer speak them"
        raise NotWebSocket(msg)
    offered = [one.strip() for one in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
    if not set(offered) & set(protocols):
        msg = f"the WebSocket protocol {', '.join(offered) or 'none'} is not served, expected one of {served}"
        raise NotWebSocket(msg)


class Connection:
    """The channels of one client of exec or attach."""

    def __init__(self, socket: web.WebSocketResponse, protocol: Protocol) -> None:
        self.socket = socket
        self._protocol = protocol

    @classmethod
    async def open(cls, request: web.BaseRequest) -> "Connection":
        """Shake hands; NotWebSocket where that cannot be."""
        need_offer(request, PROTOCOLS)
        socket = websocket(PROTOCOLS)
        await socket.prepare(request)
        return cls(socket, PROTOCOLS[socket.ws_protocol or ""])

    async def say(self, channel: Channel, data: bytes) -> None:
        """Send, when the client has read enough of what was sent before; ConnectionError when it is gone."""
        message = self._protocol.encode(channel, data)
        if isinstance(message, str):
            await self.socket.send_str(message)
        else:
            await self.socket.send_bytes(message)

    async def heard(self) -> AsyncIterator[Message | Closed]:
        """What the client says, until it leaves or makes no sense."""
        async for message in self.socket:
            if message.type not in (WSMsgType.BINARY, WSMsgType.TEXT):
                return
            try:
                found = self._protocol.decode(message.data)
            except ChannelError as error:
                await self.reject(str(error))
                return
            if found is not None:
                yield found

    async def reject(self, why: str) -> None:
        """The client makes no sense: close, and say why."""
        await hang_up(self.socket, why)

    async def exited(self, code: int) -> None:
        """Say how the program ended, and close."""
        await self._finish(self._protocol.status(code))

    async def failed(self, why: str) -> None:
        """Say why no program was run, and close."""
        await self._finish(self._protocol.failure(why))

    async def _finish(self, status: bytes) -> None:
        with contextlib.suppress(ConnectionError):
            if status:
                await self.say(Channel.ERROR, status)
            await self.socket.close()


async def stay_awake(socket: web.WebSocketResponse) -> None:
    """Ping for ever: by that a client is missed which went while nothing was to be sent or read.

    No answer is waited for: a client that reads slowly reads pings late, too.
    """
    while True:
        await asyncio.sleep(PING_SECONDS)
        await socket.ping()


async def hang_up(socket: web.WebSocketResponse, why: str) -> None:
    """Close for the client's fault, and say which; it gets no time to finish."""
    text = why.encode()[:MOST_REASON].decode(errors="ignore")
    with contextlib.suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(HANG_UP_SECONDS):
            await socket.close(code=WSCloseCode.PROTOCOL_ERROR, message=text.encode())
