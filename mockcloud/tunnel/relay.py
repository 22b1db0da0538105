"""What comes to a local socket goes on to one in the lab, and back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[[], socket.socket]
    """A new socket in the lab."""

LOG: Final = logging.getLogger(__name__)
CONNECT_SECONDS: Final = 10.0
IDLE_SECONDS: Final = 60.0
"""After that long without a datagram either way a flow is forgotten (conntrack: 30 to 120 s)."""
MOST_CONNECTIONS: Final = 2_000
MOST_FLOWS: Final = 1_000
_CHUNK: Final = 1 << 18


@dataclass(slots=True)
class TcpRelay:
    """Connections to one address in the lab; half-closed ones stay half-closed."""

    address: tuple[str, int]
    make: Make
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def listen(self, local: socket.socket) -> None:
        """Take what comes to the socket from now on."""
        self._server = await asyncio.start_server(self._begin, sock=local, limit=_CHUNK)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) >= MOST_CONNECTIONS:
            _reset(writer)
            return
        task = asyncio.get_running_loop().create_task(self._relay(reader, writer), name="connection")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await self._connect()
        except OSError as error:
            LOG.info("%s:%d cannot be reached: %s", *self.address, error)
            _reset(writer)  # of a refused connection a client can't be told otherwise: ours is open already
            return
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pump(reader, far_writer), name="to the lab")
                group.create_task(_pump(far_reader, writer), name="from the lab")
        except* OSError:  # one side has reset it: so do we
            _reset(far_writer)
            _reset(writer)
        finally:
            far_writer.close()
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        made = self.make()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await asyncio.get_running_loop().sock_connect(made, self.address)
                return await asyncio.open_connection(sock=made, limit=_CHUNK)
        except BaseException:
            made.close()
            raise

    async def close(self) -> None:
        """Take no more, and cut what there is."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _reset(writer: asyncio.StreamWriter) -> None:
    """End the connection by a reset (SO_LINGER of 0 s), and not as one that has said all."""
    made = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK):
        writer.write(chunk)
        await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof()


@dataclass(slots=True)
class _Flow(asyncio.DatagramProtocol):
    """What the lab says to one local client."""

    answer: Callable[[bytes], None]
    heard: Callable[[], None]
    transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - asyncio's own signature
        self.transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.heard()
        self.answer(data)

    def error_received(self, exc: Exception) -> None:
        """Refused by the lab: the client gets no answer, as over any net that drops the refusal."""


@dataclass(slots=True)
class UdpRelay(asyncio.DatagramProtocol):
    """Datagrams to one address in the lab: each local client is a flow of its own."""

    address: tuple[str, int]
    make: Make
    _flows: dict[Any, tuple[_Flow, asyncio.TimerHandle]] = field(default_factory=dict)
    _transport: asyncio.DatagramTransport | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _waiting: dict[Any, list[bytes]] = field(default_factory=dict)  # until their flow is made

    async def listen(self, local: socket.socket) -> None:
        """Take what comes to the socket from now on."""
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=local)

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - asyncio's own signature
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:  # noqa: ANN401 - asyncio's own signature
        if addr in self._flows:
            self._heard(addr)
            flow = self._flows[addr][0]
            if flow.transport is not None:
                flow.transport.sendto(data)
        elif addr in self._waiting:
            self._waiting[addr].append(data)
        elif len(self._flows) + len(self._waiting) < MOST_FLOWS:
            self._waiting[addr] = [data]
            task = asyncio.get_running_loop().create_task(self._begin(addr), name="flow")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _begin(self, addr: Any) -> None:  # noqa: ANN401 - asyncio's own signature
        loop = asyncio.get_running_loop()
        try:
            made = self.make()
            await loop.sock_connect(made, self.address)
            flow = _Flow(lambda data: self._answer(addr, data), lambda: self._heard(addr))
            await loop.create_datagram_endpoint(lambda: flow, sock=made)
        except OSError as error:
            LOG.info("%s:%d/UDP cannot be reached: %s", *self.address, error)
            self._waiting.pop(addr, None)
            return
        self._flows[addr] = (flow, loop.call_later(IDLE_SECONDS, self._forget, addr))
        for data in self._waiting.pop(addr, ()):
            if flow.transport is not None:
                flow.transport.sendto(data)

    def _answer(self, addr: Any, data: bytes) -> None:  # noqa: ANN401 - asyncio's own signature
        if self._transport is not None:
            self._transport.sendto(data, addr)

    def _heard(self, addr: Any) -> None:  # noqa: ANN401 - asyncio's own signature
        if addr in self._flows:
            flow, timer = self._flows[addr]
            timer.cancel()
            self._flows[addr] = (
                flow,
                asyncio.get_running_loop().call_later(IDLE_SECONDS, self._forget, addr),
            )

    def _forget(self, addr: Any) -> None:  # noqa: ANN401 - asyncio's own signature
        flow, timer = self._flows.pop(addr)
        timer.cancel()
        if flow.transport is not None:
            flow.transport.close()

    async def close(self) -> None:
        """Take no more, and forget all flows."""
        for task in tuple(self._tasks):
            task.cancel()
        for addr in tuple(self._flows):
            self._forget(addr)
        if self._transport is not None:
            self._transport.close()
