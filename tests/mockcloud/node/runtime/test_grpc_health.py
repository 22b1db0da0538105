"""gRPC's health check as a probe, asked of a server that speaks HTTP/2 frame by frame."""

import asyncio

import pytest

from mockcloud.node.pods.spec import Grpc
from mockcloud.node.runtime.grpc_health import ask_grpc


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def message(content):
    return frame(0, 0, 1, b"\x00" + len(content).to_bytes(4, "big") + content)


SETTINGS, PING, HEADERS = frame(4, 0, 0), frame(6, 0, 0, bytes(8)), frame(1, 4, 1, b"\x88")
TRAILERS = frame(1, 5, 1, b"\x88")


@pytest.mark.parametrize(
    ("answer", "ok", "output"),
    [
        pytest.param(
            SETTINGS + PING + HEADERS + message(b"\x08\x01") + TRAILERS, True, "service healthy", id="serves"
        ),
        pytest.param(HEADERS + message(b"\x08\x02"), False, '"NOT_SERVING"', id="does-not-serve"),
        pytest.param(HEADERS + TRAILERS, False, "does not know the service", id="unknown-service"),
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", False, "not HTTP/2", id="another-protocol"),
        pytest.param(b"", False, "failed to connect", id="says-nothing"),
    ],
)
async def test_what_a_server_answers(answer, ok, output):
    """SERVING is a yes, all else a no that says why."""
    asked = []

    async def serve(reader, writer):
        asked.append(await reader.readuntil(b"\x0a\x03svc"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        found = await ask_grpc(Grpc(port, "svc"), "127.0.0.1", 5.0)
    assert (found.ok, output in found.output) == (ok, True)
    assert asked[0].startswith(b"PRI * HTTP/2.0")
    assert b"/grpc.health.v1.Health/Check" in asked[0]


async def test_nobody_listens(unused_tcp_port):
    """Said as kubelet does."""
    found = await ask_grpc(Grpc(unused_tcp_port), "127.0.0.1", 5.0)
    assert (found.ok, "failed to connect service" in found.output) == (False, True)
