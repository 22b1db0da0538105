"""Connections on which nothing is asked, and too many of them, on a real server in this process."""

import asyncio
import json
import ssl
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiohttp import web

from mockcloud.kube.rest import replies
from mockcloud.kube.serving import connections, credentials
from mockcloud.kube.serving.connections import Connections

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"


class Known:
    """An API that knows one token."""

    proven = staticmethod(lambda _connection: None)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Authorization") != "Bearer known":
            return replies.plain("who?", 401)
        self.proven(request.protocol)
        return replies.plain("ok")


@pytest.fixture(scope="module")
def secrets(tmp_path_factory):
    return credentials.load(tmp_path_factory.mktemp("secrets"), ["127.0.0.1"])


@asynccontextmanager
async def serving(secrets, most: int = 100):
    """A server, and a function that connects to it."""
    import socket

    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    context = ssl.create_default_context(cadata=secrets.ca.decode())
    served = Connections(Known(), secrets.tls(), most)
    writers = []

    async def connect(first: bytes = b""):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", listener.getsockname()[1], ssl=context, ssl_shutdown_timeout=0.5
        )
        writers.append(writer)
        writer.write(first)
        return reader

    async with asyncio.TaskGroup() as group:
        task = group.create_task(served.accept(listener))
        try:
            yield SimpleNamespace(connect=connect, served=served, port=listener.getsockname()[1])
        finally:
            for writer in writers:
                writer.transport.abort()
            task.cancel()
            await served.close(0.5)
            listener.close()


async def ended(reader: asyncio.StreamReader) -> bytes:
    """All that comes until the connection ends."""
    async with asyncio.timeout(60):
        try:
            return await reader.read()
        except (ConnectionError, ssl.SSLError):
            return b""


async def answer(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(60):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        return head + await reader.readexactly(length)


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(b"", id="silent"),
        pytest.param(HEAD[:40], id="half-a-head"),
        pytest.param(HEAD % b"wrong" + b"\r\n", id="a-wrong-token"),
    ],
)
async def test_who_shows_no_token_is_cut_after_a_time(secrets, monkeypatch, first, caplog):
    """Silent, slow or wrong: all the same; it is counted, in one line."""
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 1.0)
    monkeypatch.setattr(connections, "REPORT_SECONDS", 1.2)
    reported = asyncio.Event()
    report = Connections._report
    monkeypatch.setattr(Connections, "_report", lambda self: (report(self), reported.set()))
    async with serving(secrets) as server:
        readers = [await server.connect(first) for _ in range(5)]
        known = await server.connect(HEAD % b"known" + b"\r\n")
        assert b"200 OK" in await answer(known)
        for reader in readers:
            await ended(reader)
        async with asyncio.timeout(60):
            await reported.wait()
        assert [each.getMessage() for each in caplog.records] == [
            "connections cut: 5 without a token for 1 s; 1 are open"
        ]


async def test_who_asked_once_may_stay_a_while_and_no_longer(secrets, monkeypatch):
    """A kept connection is closed when it is idle, also with half of a second request."""
    monkeypatch.setattr(connections, "IDLE_SECONDS", 1.0)
    async with serving(secrets) as server:
        reader = await server.connect(HEAD % b"known" + b"\r\n" + HEAD[:40])
        assert b"200 OK" in await answer(reader)
        assert await ended(reader) == b""


async def test_of_too_many_strangers_the_first_goes(secrets, monkeypatch):
    """Those that showed the token are no strangers, whenever they came."""
    monkeypatch.setattr(connections, "MOST_STRANGERS", 3)
    async with serving(secrets) as server:
        known = await server.connect(HEAD % b"known" + b"\r\n")
        assert b"200 OK" in await answer(known)
        strangers = [await server.connect() for _ in range(3)]
        late = await server.connect()
        await ended(strangers[0])
        assert len(server.served._strangers) == 3
        for reader in (*strangers[1:], late, known):
            assert not reader.at_eof()


async def test_connections_before_tls_are_counted_too(secrets, monkeypatch):
    """Who never says a word of TLS is a stranger as well."""
    monkeypatch.setattr(connections, "MOST_STRANGERS", 2)
    async with serving(secrets) as server:
        opened = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(3)]
        await ended(opened[0][0])
        for _, writer in opened:
            writer.transport.abort()


async def test_beyond_the_most_each_is_told_so(secrets, monkeypatch):
    """429 with a Status that says the number; there is room again when one leaves."""
    monkeypatch.setattr(connections, "REPORT_SECONDS", 30)
    async with serving(secrets, most=3) as server:
        known = [await server.connect(HEAD % b"known" + b"\r\n") for _ in range(3)]
        for reader in known:
            assert b"200 OK" in await answer(reader)
        refused = await ended(await server.connect(HEAD % b"known" + b"\r\n"))
        status = json.loads(refused.split(b"\r\n\r\n")[1])
        assert (status["code"], status["reason"]) == (429, "TooManyRequests")
        assert "the API has 3 connections" in status["message"]


def test_garbage_fills_no_log(kube_api):
    """Bytes that are no HTTP, and bytes in a token that are no text: a refusal each, and few lines."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    before = len(kube_api.log)
    for number in range(100):
        garbage = (
            b"\xff\x00 garbage\r\n\r\n" if number % 2 else HEAD % b"\xff\xfe" + b"Connection: close\r\n\r\n"
        )
        said = exchange(kube_api.port, context, garbage)
        assert said.split()[1] == (b"400" if number % 2 else b"401")
    assert len(kube_api.log) - before < 3000
    assert "Traceback" not in kube_api.log


def exchange(port: int, context: ssl.SSLContext, content: bytes) -> bytes:
    import socket

    with (
        socket.create_connection(("127.0.0.1", port), timeout=90) as raw,
        context.wrap_socket(raw, server_hostname="127.0.0.1") as wrapped,
    ):
        wrapped.sendall(content)
        said = b""
        while chunk := wrapped.recv(1 << 16):
            said += chunk
        return said


def test_an_idle_connection_costs_little(kube_api):
    """200 of them: 50 MiB would be asyncio's own buffers of 256 KiB each."""
    import socket

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    before = resident(kube_api)
    raws = [socket.create_connection(("127.0.0.1", kube_api.port), timeout=90) for _ in range(200)]
    wrapped = [context.wrap_socket(each) for each in raws]
    grown = resident(kube_api) - before
    for each in wrapped:
        each.close()
    assert grown < 30 << 10


def resident(kube_api) -> int:
    """KiB."""
    status = Path(f"/proc/{kube_api.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
