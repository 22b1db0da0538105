"""The TCP side (RFC 7766): many questions on a connection, answered in their order."""

import asyncio
import contextlib
import logging
import socket
from typing import Final

from mockcloud.dns.serving.responder import Responder, UpstreamQuery
from mockcloud.dns.serving.upstream import Upstream

LOG: Final = logging.getLogger(__name__)
IDLE_SECONDS: Final = 10.0  # for the next question, and for the client to take a reply
MOST_CONNECTIONS: Final = 256
RETRY_SECONDS: Final = 0.1


class StreamServer:
    """Answers on one listening socket; of connections past MOST_CONNECTIONS each is closed at once."""

    def __init__(self, listener: socket.socket, responder: Responder, upstream: Upstream) -> None:
        self._listener = listener
        self._responder = responder
        self._upstream = upstream
        self._open = 0

    async def run(self) -> None:
        """Accept until cancelled; the connections end then, too."""
        loop = asyncio.get_running_loop()
        self._listener.setblocking(False)
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    connection, _ = await loop.sock_accept(self._listener)
                except OSError as error:  # no descriptor left, or the client is gone already
                    LOG.warning("could not accept a connection: %s", error)
                    await asyncio.sleep(RETRY_SECONDS)
                    continue
                if self._open >= MOST_CONNECTIONS:
                    connection.close()
                    continue
                self._open += 1
                group.create_task(self._serve(connection), name="connection")

    async def _serve(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=connection)
        try:
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            self._open -= 1
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One question and its reply; False where the client says what deserves none."""
        async with asyncio.timeout(IDLE_SECONDS):
            packet = await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
        reply = self._responder.reply(packet, stream=True)
        if isinstance(reply, UpstreamQuery):
            reply = await self._upstream.do(reply)
        if reply is None:
            return False
        writer.write(len(reply).to_bytes(2) + reply)
        async with asyncio.timeout(IDLE_SECONDS):
            await writer.drain()
        return True
