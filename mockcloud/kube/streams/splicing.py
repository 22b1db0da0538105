"""Two connections become one: bytes are passed on as they come, and neither side can fill our memory."""

import asyncio
import contextlib
from collections.abc import Iterator

from aiohttp import web

from mockcloud.kube.streams.nodes import BUFFER, Answer

# Of an agent's answer, what the client of a WebSocket must see (RFC 6455, section 4.2.2).
PASSED_ON = ("Upgrade", "Connection", "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol")


async def splice(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    """Pass on the agent's 101, then all that either side says, until one of them ends it."""
    headers = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
    response = web.StreamResponse(status=101, headers=headers)
    await response.prepare(request)
    with _taken_over(request) as (reader, writer):
        async with asyncio.TaskGroup() as group:
            ways = [
                group.create_task(_pass_on(reader, answer.writer), name="client to node"),
                group.create_task(_pass_on(answer.reader, writer), name="node to client"),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
    return response


@contextlib.contextmanager
def _taken_over(request: web.BaseRequest) -> Iterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """The client's connection as plain streams, for as long as this lasts; then it is closed."""
    transport, loop = request.transport, asyncio.get_running_loop()
    if transport is None:
        msg = "the client has left"
        raise ConnectionResetError(msg)
    http = transport.get_protocol()
    reader = asyncio.StreamReader(limit=BUFFER, loop=loop)
    ours = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport.set_protocol(ours)
    ours.connection_made(transport)
    # A client may speak only when it has the 101, so the HTTP protocol holds nothing of what it says now.
    transport.resume_reading()
    try:
        yield reader, asyncio.StreamWriter(transport, ours, reader, loop)
    finally:
        transport.set_protocol(http)
        transport.close()
        # If the client went first, `ours` was told, and the HTTP server must hear of it, too.
        loop.call_soon(http.connection_lost, None)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while content := await reader.read(BUFFER):
            writer.write(content)
            await writer.drain()
