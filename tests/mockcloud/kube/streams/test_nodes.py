"""Dialling nodes: where, in which network, and the real API server's words where nobody answers."""

import asyncio
import os
import socket
from contextlib import closing

import pytest

from mockcloud.kube.streams.nodes import Network, ask
from mockcloud.kube.writes.refusals import Refusal
from mockcloud.linux import CLONE_NEWNET, unshare
from testkit import objects


def node(port, address="127.0.0.1"):
    addresses = [{"type": "Hostname", "address": "node-1"}]
    if address:
        addresses.append({"type": "InternalIP", "address": address})
    endpoint = {"kubeletEndpoint": {"Port": port}}
    return objects.node(status={"addresses": addresses, "daemonEndpoints": endpoint})


@pytest.fixture
async def network():
    """A network that is this process's own, by its descriptor."""
    namespace = os.open("/proc/self/ns/net", os.O_RDONLY)
    found = Network(namespace)
    if "cannot be entered" in await refusal(found, node(1)):
        pytest.skip("entering a network namespace needs CAP_SYS_ADMIN")
    yield found
    found.close()
    os.close(namespace)


async def refusal(network, found):
    with pytest.raises(Refusal) as caught:
        await ask(network, found, "/", {})
    return caught.value.message


async def test_without_a_lab_no_node_is_reached():
    """Addresses of nodes mean nothing in the user's own network: nothing is sent there."""
    assert await refusal(Network(), node(10250, "192.168.10.11")) == (
        "error dialing backend: dial tcp 192.168.10.11:10250: "
        "this API server was started without --dial-netns-fd, so it reaches no node"
    )


async def test_what_is_no_network_namespace():
    """Said of the descriptor, not of the node."""
    with closing(socket.socket()) as none:
        found = Network(none.fileno())
        assert "the network namespace of --dial-netns-fd cannot be entered" in await refusal(found, node(1))
        found.close()


async def test_a_node_without_address():
    """Nothing to dial."""
    assert await refusal(Network(), node(10250, "")) == (
        "no preferred addresses found; known addresses: [{Hostname node-1}]"
    )


async def test_a_node_that_a_cloud_knows_by_its_public_address():
    """Where no internal address is said, the external one is dialled."""
    found = node(10250, "")
    found["status"]["addresses"].append({"type": "ExternalIP", "address": "198.18.0.7"})
    assert "dial tcp 198.18.0.7:10250" in await refusal(Network(), found)


async def test_a_node_where_nobody_listens(network):
    """As Go's net package words it."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    assert await refusal(network, node(port)) == (
        f"error dialing backend: dial tcp 127.0.0.1:{port}: connect: connection refused"
    )


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH\r\n\r\n", b"x" * 200_000])
async def test_something_else_listens_there(network, said):
    """No answer of HTTP is no answer."""

    async def answer(_reader, writer):
        writer.write(said)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert (await refusal(network, node(port))).startswith(f"error dialing backend: 127.0.0.1:{port}: ")


async def test_an_answer_has_a_head_and_a_body(network):
    """What is asked, and what comes back."""
    asked = []

    async def answer(reader, writer):
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nX-Y: z\r\n\r\nnone\nmore")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        found = await ask(network, node(port), "/exec?x=1", {"Authorization": "Bearer t"})
        assert (found.status, found.headers["x-y"], await found.text()) == (404, "z", "none")
        found.close()
    assert asked == [b"GET /exec?x=1 HTTP/1.1\r\nAuthorization: Bearer t\r\nHost: node-1\r\n\r\n"]


async def test_connections_are_made_in_the_network_that_was_given():
    """Another namespace's loopback is another one: what listens here is not there."""

    def another():
        unshare(CLONE_NEWNET)
        return os.open("/proc/thread-self/ns/net", os.O_RDONLY)

    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        try:
            namespace = thread.submit(another).result()
        except PermissionError:
            pytest.skip("making a network namespace needs CAP_SYS_ADMIN")
    found = Network(namespace)
    try:
        with closing(socket.create_server(("127.0.0.1", 0))) as here:
            port = here.getsockname()[1]
            assert "network is unreachable" in await refusal(found, node(port))
    finally:
        found.close()
        os.close(namespace)
