"""Port-forwarding: kubectl's tunnel, and the older channels of one pair a port that client libraries use."""

import asyncio
import contextlib
import errno
import os
import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiohttp import WSMsgType, web

from mockcloud.node.streaming.connection import hang_up, need_offer, stay_awake, websocket
from mockcloud.node.streaming.descriptors import AT_ONCE
from mockcloud.node.streaming.protocols.channels import (
    PROTOCOLS,
    UNNAMED,
    V4,
    V4_BASE64,
    ChannelError,
    Protocol,
)
from mockcloud.node.streaming.protocols.tunnel import (
    Abandon,
    Command,
    Connect,
    Deliver,
    Finish,
    HangUp,
    Send,
    Tunnel,
)

TUNNEL: Final = "SPDY/3.1+portforward.k8s.io"
SERVED: Final = (TUNNEL, V4.name, V4_BASE64.name, UNNAMED.name)
MOST_AHEAD: Final = 2  # messages for a pod that it has not taken yet

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial = Callable[[int], Awaitable[Streams]]
"""A connection to a port inside the pod; OSError where there is none."""


@dataclass(slots=True)
class _Link:
    """One connection into the pod: what the client says waits in `inbox`, None at its end."""

    port: int
    inbox: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(MOST_AHEAD))
    task: asyncio.Task[None] | None = None
    over: bool = False

    async def put(self, content: bytes | None) -> None:
        """Wait until there is room; nothing where the connection is over."""
        if not self.over:
            await self.inbox.put(content)

    def end(self) -> None:
        """Whoever waits for room need not."""
        self.over = True
        while not self.inbox.empty():
            self.inbox.get_nowait()


Answered = Callable[[bytes], Awaitable[None]]


async def _carry(link: _Link, dial: Dial, answered: Answered) -> str:
    """Both ways until the pod ends it; why it failed, empty where it did not."""
    try:
        reader, writer = await dial(link.port)
    except OSError as error:
        link.end()
        why = os.strerror(error.errno or errno.EIO).lower()
        return f"failed to connect to localhost:{link.port} inside the pod: {why}"
    try:
        async with asyncio.TaskGroup() as group:
            inward = group.create_task(_inward(link, writer), name="to the pod")
            while content := await reader.read(AT_ONCE):
                await answered(content)
            inward.cancel()
    except* ConnectionResetError:
        # As upstream: the program's own way to end a connection is no failure of the forwarding.
        pass
    finally:
        writer.close()
        link.end()
    return ""


async def _inward(link: _Link, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(BrokenPipeError):
        while (content := await link.inbox.get()) is not None:
            writer.write(content)
            await writer.drain()
        writer.write_eof()


async def serve(request: web.BaseRequest, dial: Dial, ports: Sequence[int]) -> web.StreamResponse:
    """Forward until the client leaves; NotWebSocket where it asks for no protocol that is served."""
    need_offer(request, SERVED)
    socket = websocket(SERVED)
    await socket.prepare(request)
    if socket.ws_protocol == TUNNEL:
        await _Tunnelled(socket, dial).run()
    else:
        await _Channelled(socket, PROTOCOLS[socket.ws_protocol or ""], dial, ports).run()
    return socket


class _Tunnelled:
    """kubectl's: SPDY frames in binary messages."""

    def __init__(self, socket: web.WebSocketResponse, dial: Dial) -> None:
        self._socket = socket
        self._dial = dial
        self._tunnel = Tunnel()
        self._links: dict[int, _Link] = {}
        self._group = asyncio.TaskGroup()

    async def run(self) -> None:
        try:
            async with self._group:
                pinging = self._group.create_task(stay_awake(self._socket), name="pings")
                await self._listen()
                pinging.cancel()
                for link in self._links.values():
                    if link.task is not None:
                        link.task.cancel()
        except* ConnectionError:
            pass  # the client has left

    async def _listen(self) -> None:
        async for message in self._socket:
            if message.type is not WSMsgType.BINARY:
                await hang_up(self._socket, f"a {message.type.name} message: expected binary ones")
                return
            await self._do(self._tunnel.received(message.data))

    async def _do(self, commands: Sequence[Command]) -> None:
        for command in commands:
            match command:
                case Send(data):
                    await self._socket.send_bytes(data)
                case HangUp(why):
                    await hang_up(self._socket, why)
                case Connect(pair, port):
                    link = self._links[pair] = _Link(port)
                    link.task = self._group.create_task(self._carry(pair, link), name=f"port {port}")
                case Deliver(pair) | Finish(pair) | Abandon(pair):
                    await self._tell(command, self._links.get(pair))

    async def _tell(self, command: Deliver | Finish | Abandon, link: _Link | None) -> None:
        if link is None:
            return
        match command:
            case Deliver(_, data):
                await link.put(data)
            case Finish():
                await link.put(None)
            case Abandon(pair):
                del self._links[pair]
                if link.task is not None:
                    link.task.cancel()

    async def _carry(self, pair: int, link: _Link) -> None:
        async def answered(content: bytes) -> None:
            await self._do(self._tunnel.answered(pair, content))

        why = await _carry(link, self._dial, answered)
        self._links.pop(pair, None)
        await self._do(self._tunnel.ended(pair, f"error forwarding port {link.port}: {why}" if why else ""))


class _Channelled:
    """Older: channel 2n is the data of port n, 2n+1 its errors; each begins with the port's number."""

    def __init__(
        self, socket: web.WebSocketResponse, protocol: Protocol, dial: Dial, ports: Sequence[int]
    ) -> None:
        self._socket = socket
        self._protocol = protocol
        self._dial = dial
        self._links = [_Link(port) for port in ports]

    async def run(self) -> None:
        try:
            await self._greet()
            async with asyncio.TaskGroup() as group:
                listening = group.create_task(self._listen(), name="client")
                carrying = [
                    group.create_task(self._carry(channel, link), name=f"port {link.port}")
                    for channel, link in enumerate(self._links)
                ]
                over = group.create_task(_all(carrying), name="all ports")
                pinging = group.create_task(stay_awake(self._socket), name="pings")
                await asyncio.wait((listening, over), return_when=asyncio.FIRST_COMPLETED)
                for task in (listening, over, pinging, *carrying):
                    task.cancel()
            await self._socket.close()
        except* ConnectionError:
            pass  # the client has left

    async def _greet(self) -> None:
        for channel, link in enumerate(self._links):
            for number in (2 * channel, 2 * channel + 1):
                await self._say(number, struct.pack("<H", link.port))

    async def _listen(self) -> None:
        async for message in self._socket:
            if message.type not in (WSMsgType.BINARY, WSMsgType.TEXT):
                return
            try:
                found = self._protocol.split(message.data)
                if found is None:
                    continue
                number, content = found
                if number % 2 or number // 2 >= len(self._links) or number < 0:
                    msg = f"channel {number} carries no port's data"
                    raise ChannelError(msg)
            except ChannelError as error:
                await hang_up(self._socket, str(error))
                return
            await self._links[number // 2].put(content)

    async def _carry(self, channel: int, link: _Link) -> None:
        async def answered(content: bytes) -> None:
            await self._say(2 * channel, content)

        if why := await _carry(link, self._dial, answered):
            await self._say(2 * channel + 1, f"error forwarding port {link.port}: {why}".encode())

    async def _say(self, channel: int, content: bytes) -> None:
        message = self._protocol.encode(channel, content)
        if isinstance(message, str):
            await self._socket.send_str(message)
        else:
            await self._socket.send_bytes(message)


async def _all(tasks: Sequence[asyncio.Task[None]]) -> None:
    await asyncio.gather(*tasks)
