"""Probes over real sockets, in kubelet's words."""

import asyncio
import socket

import pytest

from mockcloud.node.pods.spec import HttpGet, TcpSocket
from mockcloud.node.runtime.prober import Answer, ask_http, ask_tcp

HERE = "127.0.0.1"


@pytest.fixture
async def serve():
    """Starts servers that read a request and answer with these bytes (None: never)."""
    servers, seen = [], []

    async def start(answer):
        async def talk(reader, writer):
            seen.append(await reader.readuntil(b"\r\n\r\n"))
            if answer is None:
                await reader.read()
            else:
                writer.write(answer)
            writer.close()

        servers.append(await asyncio.start_server(talk, HERE, 0))
        return servers[-1].sockets[0].getsockname()[1]

    start.seen = seen
    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (b"200 OK", Answer(True, "")),
        (b"302 Found", Answer(True, "")),
        (b"404 Not Found", Answer(False, "HTTP probe failed with statuscode: 404")),
        (b"500 Oops", Answer(False, "HTTP probe failed with statuscode: 500")),
    ],
)
async def test_the_status_decides(serve, status, expected):
    """From 200 to 399 is a yes."""
    port = await serve(b"HTTP/1.1 " + status + b"\r\n\r\n")
    action = HttpGet(port, "/ready", headers=(("X-Probe", "1"),))
    assert await ask_http(action, HERE, 2.0) == expected
    head = serve.seen[0].decode()
    assert head.startswith("GET /ready HTTP/1.1\r\n")
    assert "X-Probe: 1\r\n" in head
    assert "User-Agent: kube-probe/" in head


async def test_silence_is_a_no_after_the_timeout(serve):
    """timeoutSeconds bounds the whole exchange."""
    port = await serve(None)
    answer = await ask_http(HttpGet(port), HERE, 0.05)
    assert (answer.ok, "context deadline exceeded" in answer.output) == (False, True)


async def test_what_is_not_http_is_a_no(serve):
    """Neither nonsense nor an early end is an answer."""
    for bytes_ in (b"", b"nonsense\r\n"):
        port = await serve(bytes_)
        answer = await ask_http(HttpGet(port), HERE, 2.0)
        assert (answer.ok, answer.output) == (False, f'Get "http://{HERE}:{port}/": EOF')


async def test_tcp_asks_for_a_connection_only(serve):
    """Accepted is a yes, refused a no with the dialler's words."""
    port = await serve(b"")
    assert await ask_tcp(TcpSocket(port), HERE, 2.0) == Answer(True, "")
    with socket.socket() as unused:
        unused.bind((HERE, 0))
        closed = unused.getsockname()[1]
    refused = f"dial tcp {HERE}:{closed}: connect: connection refused"
    assert await ask_tcp(TcpSocket(closed), HERE, 2.0) == Answer(False, refused)
    assert await ask_http(HttpGet(closed), HERE, 2.0) == Answer(
        False, f'Get "http://{HERE}:{closed}/": {refused}'
    )
