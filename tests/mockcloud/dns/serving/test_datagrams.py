"""Questions and answers over real UDP sockets."""

import asyncio
import socket

import dns.asyncquery
import dns.message
import pytest

from mockcloud.dns.serving.datagrams import BATCH, DatagramServer
from mockcloud.dns.serving.upstream import Upstream

WEB = "web.default.svc.cluster.local"


@pytest.fixture(params=["127.0.0.1", "::1"])
async def place(request, cluster):
    """(socket's address, server): one that answers for the cluster, on each family."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as wire:
        wire.bind((request.param, 0))
        async with asyncio.TaskGroup() as group:
            server = DatagramServer(wire, cluster.responder, Upstream((), cluster.responder), group)
            server.start()
            yield wire.getsockname(), server
            server.stop()


async def ask(place, query):
    response = await dns.asyncquery.udp(query, place[0], port=place[1], timeout=90)
    await asyncio.sleep(0)  # its transport is closed at the next turn of the loop
    return response


async def test_a_question_is_answered(place):
    """From the socket that was asked, so that a client and its firewall know the answer."""
    query = dns.message.make_query(WEB, "A")

    response = await ask(place[0], query)

    assert [str(each) for each in response.answer[0]] == ["10.96.1.1"]


async def test_many_at_once_are_all_answered(place):
    """More than a batch: none is forgotten in the socket."""
    queries = [dns.message.make_query(WEB, "A", id=number) for number in range(3 * BATCH)]

    responses = await asyncio.gather(*(ask(place[0], query) for query in queries))

    assert all(query.is_response(response) for query, response in zip(queries, responses, strict=True))


async def test_junk_does_not_stop_it(place):
    """Nor does a client that is gone when its answer comes (ICMP port unreachable)."""
    address, _ = place
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    for packet in (b"", b"x", bytes(12), bytes(4000), dns.message.make_query(WEB, "A").to_wire()):
        with socket.socket(family, socket.SOCK_DGRAM) as client:
            client.sendto(packet, address)

    response = await ask(address, dns.message.make_query(WEB, "A"))

    assert response.answer


async def test_what_comes_before_the_start_is_answered_then(place):
    """A daemon that starts anew finds in its socket what was asked meanwhile."""
    address, server = place
    server.stop()
    asking = asyncio.ensure_future(ask(address, dns.message.make_query(WEB, "A")))
    await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    assert not asking.done()

    server.start()

    assert (await asking).answer
