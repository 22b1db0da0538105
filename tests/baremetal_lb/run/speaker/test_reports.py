"""A speaker's own object on the embedded API: when it is written, and how it comes and goes."""

import asyncio
import contextlib
import json
from ipaddress import ip_address
from types import SimpleNamespace

import pytest

from baremetal_lb.kube.client import Client
from baremetal_lb.kube.errors import Conflict, NotFound
from baremetal_lb.kube.resources import CONFIG_MAPS, NAMESPACES, NODES
from baremetal_lb.kube.watch import Informer, Scope
from baremetal_lb.model.announcements import NodeOut, Standing, Verdict
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.run.speaker import reports
from baremetal_lb.run.speaker.announcement_state import AnnouncementState
from baremetal_lb.run.speaker.reports import PACE, ReportSources, ReportWriter

ETH0 = ("eth0", "02:00:00:00:00:01")


class Node:
    """What one speaker announces, and what it has written of that."""

    def __init__(self, client: Client, namespace: str) -> None:
        self.client, self.key = client, ObjectKey(namespace, "node-1")
        self.tallies: dict = {}
        self.ownership = SimpleNamespace(me=SimpleNamespace(node="node-1"), verdicts={}, newest=7, held=False)
        ports = SimpleNamespace(tallies=self.tallies, where=lambda _address: (ETH0,))
        self.outlook = AnnouncementState(self.ownership, ports)
        self.reporting = ReportWriter(client, namespace, "node-1", ReportSources(self.outlook))
        self.seen: list[tuple[float, dict]] = []
        self._changed = asyncio.Event()
        self._informer = Informer(client, CONFIG_MAPS, lambda raw: raw, Scope(namespace))

    def announce(self, *addresses: str) -> None:
        self.tallies.clear()
        self.tallies.update((ip_address(each), None) for each in addresses)
        self.outlook.note_change()

    async def watch(self) -> None:
        await self._informer.run(self._see)

    def _see(self, change) -> None:
        if change.key == self.key:
            self.seen.append((asyncio.get_running_loop().time(), change.new))
            self._changed.set()

    @contextlib.asynccontextmanager
    async def speaking(self, *, namespace_first: bool = True):
        """The speaker reports; its namespace may come later."""
        namespace = {"metadata": {"name": self.key.namespace}}
        if namespace_first:
            await self.client.create(NAMESPACES, namespace)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(self.reporting.run())
            if not namespace_first:
                await asyncio.sleep(0.05)
                await self.client.create(NAMESPACES, namespace)
            yield
            running.cancel()

    async def wrote(self, times: int) -> list[dict]:
        """The reports, once there are so many."""
        async with asyncio.timeout(60):
            while len(self.seen) < times:
                self._changed.clear()
                await self._changed.wait()
        return [json.loads(raw["data"]["report"]) for _, raw in self.seen if raw is not None]


@pytest.fixture
async def node(kube_api, request):
    """A node whose speaker is to report into a namespace that is not there yet."""
    name = "t-" + str(abs(hash(request.node.nodeid)) % 10**10)
    async with await Client.connect(kube_api.kubeconfig) as client, asyncio.TaskGroup() as group:
        with contextlib.suppress(Conflict):
            await client.create(NODES, {"metadata": {"name": "node-1"}})
        made = Node(client, name)
        watching = group.create_task(made.watch())
        yield made
        watching.cancel()


async def test_many_changes_are_few_writes(node):
    """At once, and then once a second at most, though addresses come one by one."""
    clock = asyncio.get_running_loop().time
    begun = clock()
    node.announce("10.0.0.1")
    async with node.speaking():
        first = (await node.wrote(1))[0]
        assert first["announced"] == [{"on": [list(ETH0)], "addresses": ["10.0.0.1"]}]
        owner = await node.client.get(NODES, "node-1")
        assert node.seen[0][1]["metadata"]["ownerReferences"][0]["uid"] == owner["metadata"]["uid"]
        for at in range(2, 50):
            node.announce(*(f"10.0.0.{each}" for each in range(1, at)))
            await asyncio.sleep(0.005)
        count = 2
        while len((await node.wrote(count))[-1]["announced"][0]["addresses"]) < 48:
            count += 1
        assert count <= 2 + (clock() - begun) / PACE
        node.outlook.note_change()
        await asyncio.sleep(PACE)
        assert len(node.seen) == count, "nothing new, nothing written"


async def test_an_object_that_was_deleted_comes_back(node, monkeypatch):
    """With the next sign of life. The namespace may come after the speaker; a clean stop takes all away."""
    monkeypatch.setattr(reports, "BEAT", 1.5)
    async with node.speaking(namespace_first=False):
        await node.wrote(1)
        await node.client.delete(CONFIG_MAPS, node.key.name, node.key.namespace)
        await node.wrote(3)
    await node.reporting.farewell()
    with pytest.raises(NotFound):
        await node.client.get(CONFIG_MAPS, node.key.name, node.key.namespace)
    await node.reporting.farewell()


async def test_an_address_that_another_service_serves_is_announced(node):
    """Services that share one: that one of them has no pods is no news of the address."""
    one, two = ip_address("10.0.0.1"), ip_address("10.0.0.2")
    a, b, c = (ObjectKey("x", name) for name in "abc")
    node.ownership.verdicts = {
        a: Verdict(a, Standing.OTHER_NODE, (one,), "node-2"),
        b: Verdict(b, Standing.NO_ENDPOINTS, (one,)),
        c: Verdict(c, Standing.NO_NODE, (two,), out={"node-1": NodeOut.NOT_READY}),
    }
    async with node.speaking():
        silent = (await node.wrote(1))[0]["silent"]
    out = [{"why": "NotReady", "nodes": ["node-1"], "more": 0}]
    assert silent == [{"why": "NoNode", "out": out, "addresses": ["10.0.0.2"]}]
