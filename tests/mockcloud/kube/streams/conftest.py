"""The API's half of a stream between a client and an agent that the test plays."""

import asyncio
import socket
from types import SimpleNamespace

import pytest
from aiohttp import test_utils, web

from mockcloud.kube.registry import Place
from mockcloud.kube.resources.core.node import NODE
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.rest import replies
from mockcloud.kube.streams.serving import Streams
from mockcloud.kube.writes import refusals
from mockcloud.kube.writes.refusals import Refusal

POD_OBJECT = {
    "metadata": {"namespace": "default", "name": "web"},
    "spec": {"nodeName": "node-1", "containers": [{"name": "main"}]},
}


class ToLoopback(socket.socket):
    """Whatever address is called (a proxy calls none on loopback), the servers are on this machine's own."""

    def connect(self, address):
        super().connect(("127.0.0.1", address[1]))


class Loopback:
    """A network that is this machine's own."""

    async def connect(self, host, port):
        return await asyncio.open_connection(host, port)

    def socket(self, address):
        return ToLoopback(*address[:3])

    def close(self):
        pass


class Cluster:
    """One pod on one node, its agent, and the API's way between a client and them."""

    def __init__(self):
        self.objects = {(POD.storage, "web"): POD_OBJECT}
        self.streams = Streams(lambda node: f"token-of-{node}", Loopback())
        self.agent = web.Application()
        self.agent.router.add_get("/{path:.*}", self.answer)
        self.handlers = {}
        self.asked = []

    def get(self, place):
        """As a registry has it."""
        found = self.objects.get((place.kind.storage, place.name))
        if found is None:
            raise refusals.not_found(place.kind, place.name)
        return SimpleNamespace(object=found)

    async def handle(self, request):
        """As the API's handler does."""
        place = Place(POD, "default", request.match_info["pod"], request.match_info["part"])
        try:
            return await self.streams.serve(request, place, self)
        except Refusal as refusal:
            return replies.refused(refusal)

    def node_at(self, port):
        self.objects[(NODE.storage, "node-1")] = {
            "metadata": {"name": "node-1"},
            "status": {
                "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
                "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
            },
        }

    def has(self, pod):
        """A pod of that name."""
        self.objects[(POD.storage, pod["metadata"]["name"])] = pod

    def answers(self, path, handler):
        """The agent's answer to a GET of the path."""
        self.handlers[path] = handler

    async def answer(self, request):
        self.asked.append(request)
        return await self.handlers[request.path](request)


@pytest.fixture
def cluster():
    """A cluster whose agent serves when it is first asked for."""
    return Cluster()


@pytest.fixture
async def client(cluster):
    """A client of the API."""
    api = web.Application()
    api.router.add_route("*", "/{pod}/{part}", cluster.handle)
    api.router.add_route("*", "/api/v1/namespaces/default/pods/{pod}/{part:proxy}{tail:.*}", cluster.handle)
    async with test_utils.TestServer(cluster.agent) as agent:
        cluster.node_at(agent.port)
        async with test_utils.TestClient(test_utils.TestServer(api)) as found:
            yield found
