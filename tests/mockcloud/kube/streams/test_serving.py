"""The API between a client and an agent: what it asks for, and what of the answer the client sees."""

import asyncio

import pytest
from aiohttp import WSMsgType, web

EXEC = "/exec/default/web/main"
LOGS = "/containerLogs/default/web/main"


async def echo(request):
    """An agent that says all back, until it hears `end`."""
    socket = web.WebSocketResponse(protocols=["v5.channel.k8s.io"], max_msg_size=0)
    await socket.prepare(request)
    async for message in socket:
        if message.data == "end":
            break
        if message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
        else:
            await socket.send_bytes(message.data)
    await socket.close(code=1000, message=b"was told to")
    return socket


async def test_a_websocket_is_passed_on_byte_by_byte(cluster, client):
    """Handshake, protocol, messages of any size, close code and reason are between client and agent."""
    cluster.answers(EXEC, echo)
    async with client.ws_connect("/web/exec?command=ls&stdout=1", protocols=["v5.channel.k8s.io"]) as socket:
        assert socket.protocol == "v5.channel.k8s.io"
        await socket.send_str("hello")
        assert await socket.receive_str(timeout=90) == "hello"
        large = bytes(range(256)) * (1 << 13)
        await socket.send_bytes(large)
        assert await socket.receive_bytes(timeout=90) == large
        await socket.send_str("end")
        last = await socket.receive(timeout=90)
    assert (last.type, last.data, last.extra) == (WSMsgType.CLOSE, 1000, "was told to")
    (asked,) = cluster.asked
    assert asked.path_qs == f"{EXEC}?output=1&command=ls"
    assert asked.headers["Authorization"] == "Bearer token-of-node-1"


async def test_a_client_that_goes_is_gone_for_the_agent(cluster, client):
    """Its connection ends at once, and nothing stays open here."""
    gone = asyncio.Event()

    async def wait(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        try:
            await socket.receive()
        finally:
            gone.set()
        return socket

    cluster.answers(EXEC, wait)
    socket = await client.ws_connect("/web/exec?stdout=1")
    socket._writer.transport.abort()  # as a client that is killed
    await asyncio.wait_for(gone.wait(), 60)


async def test_an_agent_that_goes_is_gone_for_the_client(cluster, client):
    """Without a close frame, as a node that is cut off for long enough."""

    async def fall(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        request.transport.abort()
        return socket

    cluster.answers(EXEC, fall)
    async with client.ws_connect("/web/exec?stdout=1") as socket:
        assert (await socket.receive(timeout=90)).type is WSMsgType.CLOSED
        assert socket.close_code == 1006


async def test_stopping_ends_all_streams(cluster, client):
    """So that the API's process can end."""
    cluster.answers(EXEC, echo)
    async with client.ws_connect("/web/exec?stdout=1") as socket:
        await socket.send_str("hello")
        await socket.receive_str(timeout=90)
        cluster.streams.stop()
        assert (await socket.receive(timeout=90)).type in (WSMsgType.CLOSED, WSMsgType.ERROR)


async def test_an_agents_refusal_is_shown_as_it_is(cluster, client):
    """kubectl says it after `unable to upgrade connection: `, in both of its protocols."""

    async def refuse(_request):
        return web.Response(text='container not found ("main")', status=500)

    cluster.answers(EXEC, refuse)
    upgrades = (
        {"Upgrade": "websocket", "Connection": "Upgrade"},
        {"Upgrade": "SPDY/3.1", "Connection": "Upgrade"},
    )
    for headers in upgrades:
        async with client.post("/web/exec?stdout=1", headers=headers) as response:
            assert (response.status, await response.text()) == (500, 'container not found ("main")')
    assert ["Upgrade" in asked.headers for asked in cluster.asked] == [True, False]


async def test_a_log_is_passed_on_as_it_comes(cluster, client):
    """Each piece when it is there, not when all is."""
    more = asyncio.Event()

    async def log(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"one\n")
        await more.wait()
        await response.write(b"two\n")
        return response

    cluster.answers(LOGS, log)
    async with client.get("/web/log?follow=true") as response:
        assert response.content_type == "text/plain"
        assert await response.content.readline() == b"one\n"
        more.set()
        assert await response.content.read() == b"two\n"


async def test_a_refused_log_is_a_status(cluster, client):
    """As kubectl prints it: Error from server (BadRequest)."""
    answers = iter([(400, "is waiting to start"), (404, "does not exist"), (500, "broken")])

    async def refuse(_request):
        status, text = next(answers)
        return web.Response(text=text, status=status)

    cluster.answers(LOGS, refuse)
    found = []
    for _ in range(3):
        async with client.get("/web/log") as response:
            body = await response.json()
            found.append((response.status, body["reason"], body["message"]))
    assert found == [
        (400, "BadRequest", "is waiting to start"),
        (404, "NotFound", "does not exist (pods/log web)"),
        (500, "InternalError", "Internal error occurred: broken"),
    ]


async def test_a_pod_that_is_nowhere_yet_has_an_empty_log(cluster, client):
    """200, and nobody is asked."""
    cluster.objects[("pods", "new")] = {
        "metadata": {"namespace": "default", "name": "new"},
        "spec": {"containers": [{"name": "main"}]},
    }
    async with client.get("/new/log") as response:
        assert (response.status, await response.text()) == (200, "")
    async with client.get("/none/log") as response:
        assert (await response.json())["message"] == 'pods "none" not found'


async def test_a_node_that_does_not_exist(cluster, client):
    """The pod's node was deleted."""
    del cluster.objects[("nodes", "node-1")]
    async with client.get("/web/exec?stdout=1") as response:
        assert (response.status, (await response.json())["message"]) == (404, 'nodes "node-1" not found')


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [("binary.k8s.io", b"one\n"), ("base64.binary.k8s.io", "b25lCg==")],
)
async def test_a_log_may_come_by_websocket(cluster, client, protocol, expected):
    """As k8s.io/apiserver's wsstream.Reader has it."""

    async def log(_request):
        return web.Response(text="one\n")

    cluster.answers(LOGS, log)
    async with client.ws_connect("/web/log", protocols=[protocol]) as socket:
        assert (socket.protocol, (await socket.receive(timeout=5)).data) == (protocol, expected)
        assert (await socket.receive(timeout=5)).type is WSMsgType.CLOSE
