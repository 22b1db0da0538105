"""What a speaker tells of its node's interfaces, on the embedded API: when, and what of it stays."""

import asyncio
import contextlib

import pytest

from baremetal_lb.decide.node_interfaces import NodeInterfaceTable
from baremetal_lb.kube.client import Client
from baremetal_lb.kube.errors import Conflict
from baremetal_lb.kube.reports import INTERFACES, interfaces_object, read_interfaces
from baremetal_lb.kube.resources import CONFIG_MAPS, NAMESPACES, NODES
from baremetal_lb.model.interfaces import Interface
from baremetal_lb.model.node_interfaces import NodeInterface, NodeInterfaces
from baremetal_lb.run.speaker.own_interfaces import OwnInterfaces

MINE, THEIRS = bytes([2, 0, 0, 0, 0, 1]), bytes([2, 0, 0, 0, 0, 2])
ETH0 = Interface(99_999, "eth0", MINE)  # a number that no interface here has
OWN = "interfaces.node-1"


@pytest.fixture
async def namespace(kube_api, request):
    """A client and a namespace of the test's own, with a Node."""
    name = "t-" + str(abs(hash(request.node.nodeid)) % 10**10)
    async with await Client.connect(kube_api.kubeconfig) as client:
        with contextlib.suppress(Conflict):
            await client.create(NODES, {"metadata": {"name": "node-1"}})
        await client.create(NAMESPACES, {"metadata": {"name": name}})
        yield client, name


async def test_interfaces_are_told_heard_written_again_and_left_behind(namespace):
    """Ours is written before anything is decided; what others tell is taken in; a stop is said."""
    client, name = namespace
    other = NodeInterfaces("node-2", (NodeInterface("eth0", THEIRS),))
    await client.create(CONFIG_MAPS, interfaces_object(name, other, None))
    roll, lost = NodeInterfaceTable(), asyncio.Event()
    own = OwnInterfaces(client, name, "node-1", lambda event: roll.see(event.node, event.interfaces))
    own.on_loss = lost.set
    async with asyncio.TaskGroup() as group:
        running = group.create_task(own.run())
        own.fit([ETH0])
        async with asyncio.timeout(60):
            await own.introduced.wait()
        written = await client.get(CONFIG_MAPS, OWN, name)
        assert NodeInterface("eth0", MINE) in read_interfaces(written).interfaces
        assert {MINE: "node-1", THEIRS: "node-2"}.items() <= roll.macs.items()
        assert written["metadata"]["ownerReferences"][0]["name"] == "node-1"

        await client.delete(CONFIG_MAPS, OWN, name)
        async with asyncio.timeout(60):
            await lost.wait()
            query = {"fieldSelector": f"metadata.name={OWN}"}
            while not (await client.list(CONFIG_MAPS, name, query))["items"]:
                pass
        running.cancel()
    await own.farewell()
    left = await client.get(CONFIG_MAPS, OWN, name)
    assert '"running":false' in left["data"][INTERFACES]
