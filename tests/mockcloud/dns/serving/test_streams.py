"""Questions and answers over real TCP connections (RFC 7766)."""

import asyncio
import contextlib
import socket

import dns.asyncquery
import dns.message
import pytest

from mockcloud.dns.serving import streams
from mockcloud.dns.serving.streams import StreamServer
from mockcloud.dns.serving.upstream import Upstream

WEB = "web.default.svc.cluster.local"


@pytest.fixture(params=["127.0.0.1", "::1"])
async def place(request, cluster):
    """The address of a server that answers for the cluster, on each family."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with socket.create_server((request.param, 0), family=family) as listener:
        async with asyncio.TaskGroup() as group:
            server = StreamServer(listener, cluster.responder, Upstream((), cluster.responder))
            running = group.create_task(server.run())
            yield listener.getsockname()[:2]
            running.cancel()


@contextlib.asynccontextmanager
async def connected(place):
    reader, writer = await asyncio.open_connection(*place)
    try:
        yield reader, writer
    finally:
        writer.close()


def framed(packet):
    return len(packet).to_bytes(2) + packet


async def message_from(reader):
    return dns.message.from_wire(await reader.readexactly(int.from_bytes(await reader.readexactly(2))))


async def test_a_question_is_answered(place):
    """As any resolver asks after a TC."""
    query = dns.message.make_query(WEB, "A")

    response = await dns.asyncquery.tcp(query, place[0], port=place[1], timeout=90)

    assert [str(each) for each in response.answer[0]] == ["10.96.1.1"]


async def test_questions_in_a_row_and_in_pieces_are_answered_in_their_order(place):
    """A connection is a stream: its pieces mean nothing."""
    queries = [dns.message.make_query(WEB, kind) for kind in ("A", "AAAA", "SRV")]
    sent = b"".join(framed(query.to_wire()) for query in queries)
    async with connected(place) as (reader, writer):
        for start in range(0, len(sent), 7):
            writer.write(sent[start : start + 7])
            await writer.drain()
        responses = [await message_from(reader) for _ in queries]

    assert [query.is_response(response) for query, response in zip(queries, responses, strict=True)] == [
        True
    ] * 3


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"\0\0", id="an-empty-message"),
        pytest.param(framed(b"x" * 11), id="less-than-a-header"),
        pytest.param(b"\xff\xff" + b"x" * 10, id="less-than-was-said"),
        pytest.param(framed(bytes([0, 0, 0x80]) + bytes(9)), id="a-response"),
    ],
)
async def test_who_asks_nothing_is_left(place, said):
    """The connection ends; the next one is served."""
    async with connected(place) as (reader, writer):
        writer.write(said)
        writer.write_eof()
        assert await reader.read() == b""

    response = await dns.asyncquery.tcp(dns.message.make_query(WEB, "A"), place[0], port=place[1], timeout=90)
    assert response.answer


async def test_who_says_nothing_is_left(place, monkeypatch):
    """Or a few silent clients would keep all others out."""
    monkeypatch.setattr(streams, "IDLE_SECONDS", 0.05)
    async with connected(place) as (reader, _):
        assert await asyncio.wait_for(reader.read(), 60) == b""


async def test_there_is_a_most_of_connections(place, monkeypatch):
    """One too many is closed at once; when one ends there is room again."""
    monkeypatch.setattr(streams, "MOST_CONNECTIONS", 2)
    query = dns.message.make_query(WEB, "A")
    async with connected(place) as (one, ask_one), connected(place) as (two, ask_two):
        for reader, writer in ((one, ask_one), (two, ask_two)):
            writer.write(framed(query.to_wire()))
            assert (await message_from(reader)).answer
        async with connected(place) as (three, _):
            assert await three.read() == b""
        ask_one.write_eof()
        assert await one.read() == b""
        async with connected(place) as (four, ask_four):
            ask_four.write(framed(query.to_wire()))
            assert (await message_from(four)).answer
