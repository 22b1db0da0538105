"""What goes through a relay, on loopback: the far side is a server of the test."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import asynccontextmanager, suppress

import pytest

from mockcloud.tunnel import relay
from mockcloud.tunnel.relay import TcpRelay, UdpRelay

LOOPBACK = ("127.0.0.1", 0)


def bound(kind: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, kind)
    made.bind(LOOPBACK)
    made.setblocking(False)
    return made


def made(kind: int) -> socket.socket:
    found = socket.socket(socket.AF_INET, kind)
    found.setblocking(False)
    return found


@asynccontextmanager
async def tcp(handle):
    """Where a client connects to; `handle` is the far side."""
    ended = []

    async def far(reader, writer):
        over = asyncio.Event()
        ended.append(over)
        with suppress(OSError):
            await handle(reader, writer)
        writer.close()
        over.set()

    server = await asyncio.start_server(far, *LOOPBACK)
    local = bound(socket.SOCK_STREAM)
    address = local.getsockname()
    way = TcpRelay(server.sockets[0].getsockname(), lambda: made(socket.SOCK_STREAM))
    await way.listen(local)
    async with asyncio.timeout(60):
        yield address
        await way.close()
        for over in ended:
            await over.wait()
    server.close()


async def test_a_client_that_has_said_all_hears_the_rest():
    """A half-closed connection stays so: `nc` and HTTP/1.0 clients live on it."""

    async def count(reader, writer):
        writer.write(str(len(await reader.read())).encode())
        writer.close()

    async with tcp(count) as address:
        reader, writer = await asyncio.open_connection(*address)
        content = os.urandom(5_000_000)
        writer.write(content)
        await writer.drain()
        writer.write_eof()
        assert await reader.read() == b"5000000"
        writer.close()


async def test_a_slow_reader_slows_the_far_side_down():
    """Nothing is heaped up between them."""
    sent = 0

    async def flood(_reader, writer):
        nonlocal sent
        while sent < 200_000_000:
            writer.write(b"x" * 100_000)
            sent += 100_000
            await writer.drain()
        writer.close()

    async with tcp(flood) as address:
        client = made(socket.SOCK_STREAM)
        await asyncio.get_running_loop().sock_connect(client, address)
        seen = -1
        while seen != sent:  # until it stands
            seen = sent
            await asyncio.sleep(0.3)
        assert sent < 50_000_000
        client.close()


async def test_a_port_that_refuses_is_a_reset():
    """As late as a relay can say it."""
    free = bound(socket.SOCK_STREAM)
    nobody = free.getsockname()
    free.close()
    local = bound(socket.SOCK_STREAM)
    way = TcpRelay(nobody, lambda: made(socket.SOCK_STREAM))
    address = local.getsockname()
    await way.listen(local)
    reader, writer = await asyncio.open_connection(*address)
    with pytest.raises(ConnectionResetError):
        async with asyncio.timeout(60):
            await reader.read()
    writer.close()
    await way.close()


async def test_too_many_connections_are_cut(monkeypatch):
    """And those that there are stay."""
    monkeypatch.setattr(relay, "MOST_CONNECTIONS", 1)

    async def echo(reader, writer):
        while chunk := await reader.read(10):
            writer.write(chunk)
        writer.close()

    async with tcp(echo) as address:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"a")
        assert await reader.read(1) == b"a"
        second, other = await asyncio.open_connection(*address)
        with pytest.raises(ConnectionResetError):
            await second.read()
        other.close()
        writer.write(b"b")
        assert await reader.read(1) == b"b"
        writer.close()


class Echo(asyncio.DatagramProtocol):
    """Answers with who asked."""

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.transport.sendto(data + b" from " + str(addr[1]).encode(), addr)


async def test_each_udp_client_is_a_flow_of_its_own(monkeypatch):
    """Its answers come back to it alone; after a time without any it is another flow."""
    monkeypatch.setattr(relay, "IDLE_SECONDS", 0.2)
    loop = asyncio.get_running_loop()
    far = bound(socket.SOCK_DGRAM)
    where = far.getsockname()
    echo, _ = await loop.create_datagram_endpoint(Echo, sock=far)
    local = bound(socket.SOCK_DGRAM)
    address = local.getsockname()
    way = UdpRelay(where, lambda: made(socket.SOCK_DGRAM))
    await way.listen(local)
    clients = [made(socket.SOCK_DGRAM) for _ in range(2)]

    async def ask(client, text):
        await loop.sock_sendto(client, text, address)
        return (await loop.sock_recv(client, 100)).split(b" from ")

    async with asyncio.timeout(60):
        for client in clients:
            client.bind(LOOPBACK)
        (_, first), (_, second) = await ask(clients[0], b"a"), await ask(clients[1], b"b")
        assert first != second
        assert await ask(clients[0], b"c") == [b"c", first]
        while (await ask(clients[0], b"d"))[1] == first:  # noqa: ASYNC110 - silence is what is tried
            await asyncio.sleep(0.5)
    await way.close()
    echo.close()
    for client in clients:
        client.close()
