"""Port-forwarding to a real listener: kubectl's tunnel by frames, and the older channels."""

import asyncio
import contextlib

import pytest

from mockcloud.node.streaming.port_forward import TUNNEL
from mockcloud.node.streaming.protocols.spdy import (
    Data,
    FrameReader,
    FrameWriter,
    Ping,
    Reset,
    SynReply,
    SynStream,
)

PATH = "/portForward/default/web"


@pytest.fixture
async def echo(kubelet):
    """A listener that says all back, and `bye` when its client ends; it says which connections are open."""
    opened = set()

    async def serve(reader, writer):
        opened.add(writer)
        with contextlib.suppress(ConnectionError):
            while content := await reader.read(1000):
                writer.write(content)
                await writer.drain()
            writer.write(b"bye")
        writer.close()
        opened.discard(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    kubelet.pod.port = server.sockets[0].getsockname()[1]
    yield opened
    server.close()
    await server.wait_closed()


class Frames:
    """A tunnel's client by frames."""

    def __init__(self, socket):
        self.socket, self.writer, self.reader, self.heard = socket, FrameWriter(), FrameReader(), []

    async def say(self, *frames):
        await self.socket.send_bytes(b"".join(self.writer.encode(frame) for frame in frames))

    async def hear(self, count):
        """The next frames."""
        while len(self.heard) < count:
            message = await self.socket.receive_bytes(timeout=90)
            self.heard += self.reader.feed(message)
        found, self.heard = self.heard[:count], self.heard[count:]
        return found

    async def open(self, number, port=80):
        error, data = 4 * number + 1, 4 * number + 3
        headers = {"port": str(port), "requestid": str(number)}
        await self.say(SynStream(error, {"streamtype": "error", **headers}), Data(error, b"", fin=True))
        await self.say(SynStream(data, {"streamtype": "data", **headers}))
        assert await self.hear(2) == [SynReply(error, {}), SynReply(data, {})]
        return data


async def test_a_tunnel_carries_connections_beside_each_other(kubelet, echo, until):
    """Each with its own bytes and its own end, half-closed by the client first."""
    async with kubelet.channels(PATH, TUNNEL) as socket:
        assert socket.protocol == TUNNEL
        frames = Frames(socket)
        one, two = await frames.open(0), await frames.open(1, 81)
        await frames.say(Data(two, b"two"))
        assert await frames.hear(1) == [Data(two, b"two")]
        await frames.say(Data(one, b"one"))
        assert await frames.hear(1) == [Data(one, b"one")]
        await frames.say(Data(one, b"", fin=True))
        said = await frames.hear(3)
        assert said == [Data(one, b"bye"), Data(1, b"", fin=True), Data(one, b"", fin=True)]
        await frames.say(Reset(one, 5), Ping(3))
        assert await frames.hear(1) == [Ping(3)]
    assert kubelet.pod.dialled == [80, 81]
    await until(lambda: not echo)


async def test_a_port_where_nobody_listens_is_said(kubelet):
    """On the error stream, and the tunnel lives."""
    kubelet.pod.port = 1
    async with kubelet.channels(PATH, TUNNEL) as socket:
        frames = Frames(socket)
        data = await frames.open(0, 81)
        error, end = await frames.hear(2)
        assert end == Data(data, b"", fin=True)
        assert b"error forwarding port 81" in error.data
        assert b"connection refused" in error.data
        await frames.say(Ping(1))
        assert await frames.hear(1) == [Ping(1)]


async def test_an_abandoned_connection_is_closed(kubelet, echo, until):
    """A reset by the client reaches the pod."""
    async with kubelet.channels(PATH, TUNNEL) as socket:
        frames = Frames(socket)
        data = await frames.open(0)
        await frames.say(Data(data, b"x"))
        await frames.hear(1)
        assert echo
        await frames.say(Reset(data, 5))
        await until(lambda: not echo)


async def test_a_pod_that_does_not_read_holds_back_its_client_only_as_far_as_it_must(kubelet):
    """64 MiB are offered to a listener that reads nothing; it goes, and the tunnel goes on."""
    gone = asyncio.Event()

    async def deaf(reader, writer):
        await gone.wait()
        writer.transport.abort()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0)
    kubelet.pod.port = server.sockets[0].getsockname()[1]
    async with kubelet.channels(PATH, TUNNEL) as socket:
        frames = Frames(socket)
        data = await frames.open(0)

        async def offer():
            for _ in range(256):
                await frames.say(Data(data, bytes(256 << 10)))

        offering = asyncio.ensure_future(offer())
        await asyncio.sleep(0.3)
        assert not offering.done(), "the server takes no more than it can pass on"
        gone.set()
        await asyncio.wait_for(offering, 60)
        await frames.say(Ping(1))
        assert (await frames.hear(3))[-1] == Ping(1)
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("message", "why"),
    [
        pytest.param(b"\x80\x09" + bytes(8), "SPDY version 9: expected 3", id="no-spdy"),
        pytest.param("text", "a TEXT message: expected binary ones", id="text"),
    ],
)
async def test_garbage_ends_the_tunnel_with_the_reason(kubelet, message, why):
    """1002, and the words."""
    async with kubelet.channels(PATH, TUNNEL) as socket:
        await (socket.send_str(message) if isinstance(message, str) else socket.send_bytes(message))
        said = await socket.receive(timeout=90)
    assert (said.data, said.extra) == (1002, why)


@pytest.mark.parametrize("protocol", ["v4.channel.k8s.io", ""])
async def test_the_older_channels(kubelet, echo, until, protocol):
    """Two channels a port, each begun by its number; kr8s asks for no protocol by name, and means these."""
    async with kubelet.channels(f"{PATH}?port=80,8443", protocol) as socket:
        greeting = [await socket.receive_bytes(timeout=90) for _ in range(4)]
        assert greeting == [b"\0P\0", b"\1P\0", b"\2\xfb\x20", b"\3\xfb\x20"]
        await socket.send_bytes(b"\2hello")
        assert await socket.receive_bytes(timeout=90) == b"\2hello"
    await until(lambda: not echo)


async def test_the_older_channels_say_what_failed(kubelet, hear_all):
    """On the odd channel, then the end."""
    kubelet.pod.port = 1
    async with kubelet.channels(f"{PATH}?port=80", "v4.channel.k8s.io") as socket:
        said = await hear_all(socket)
    assert b"error forwarding port 80" in said.on(1)
    assert said.close_code == 1000


async def test_the_older_channels_refuse_what_belongs_to_no_port(kubelet, echo, hear_all):
    """An error channel is none to write to."""
    async with kubelet.channels(f"{PATH}?port=80", "v4.channel.k8s.io") as socket:
        await socket.send_bytes(b"\1x")
        assert (await hear_all(socket)).close_code == 1002
