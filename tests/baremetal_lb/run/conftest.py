"""A controller as a process, against the embedded API as another."""

import asyncio

import pytest

from baremetal_lb.kube.client import Client
from baremetal_lb.kube.errors import Conflict
from baremetal_lb.kube.resources import CONFIG_MAPS, EVENTS, LEASES, NAMESPACES, SERVICES
from tests.baremetal_lb.fakes.lab import SYSTEM, Lab


@pytest.fixture
async def lab(kube_api, request):
    """The module's API with a namespace of the test's own, no Services of other tests, and no ConfigMap."""
    name = "t-" + str(abs(hash(request.node.nodeid)) % 10**10)
    log = kube_api.data_dir / "controller.log"
    log.unlink(missing_ok=True)
    async with await Client.connect(kube_api.kubeconfig) as client, asyncio.TaskGroup() as group:
        lab = Lab(kube_api, client, name)
        await _clean(client)
        await client.create(NAMESPACES, {"metadata": {"name": name}})
        watching = group.create_task(lab.watch())
        await lab.seen.synced.wait()
        yield lab
        await lab.remove_nodes()
        watching.cancel()


async def _clean(client: Client) -> None:
    try:
        await client.create(NAMESPACES, {"metadata": {"name": SYSTEM}})
    except Conflict:
        for resource in (CONFIG_MAPS, EVENTS, LEASES):
            for raw in (await client.list(resource))["items"]:
                if raw["metadata"]["name"] != "kube-root-ca.crt":
                    await client.delete(resource, raw["metadata"]["name"], raw["metadata"]["namespace"])
    for raw in (await client.list(SERVICES))["items"]:
        if raw["metadata"]["name"] != "kubernetes":
            await client.delete(SERVICES, raw["metadata"]["name"], raw["metadata"]["namespace"])
