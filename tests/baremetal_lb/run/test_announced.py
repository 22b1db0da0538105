"""Controller and speakers together, on a LAN: what kubectl sees of who announces, and what the LAN does."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from baremetal_lb.kube.client import Client
from baremetal_lb.kube.resources import ENDPOINT_SLICES, SERVICES
from baremetal_lb.run.controller.daemon import Controller
from baremetal_lb.settings import Settings
from testkit.lan import Lan, NamespaceError
from tests.baremetal_lb.fakes.speakers import Cluster, make_cluster, speaking_cluster

pytestmark = [pytest.mark.netns, pytest.mark.kubectl, pytest.mark.asyncio(loop_scope="module")]

NODES = {"node-1": "192.0.2.11", "node-2": "192.0.2.12"}
POOLS = "address-pools: [{name: lan, protocol: layer2, addresses: [192.0.2.201-192.0.2.206]}]"
# Slower than the defaults, so that a machine that is busy with other things kills nobody by mistake.
OPTIONS = ("--heartbeat-interval", "0.2", "--return-delay", "1", "--gratuitous-interval", "0")
TAKEN, OF_A_NODE, LATE = "192.0.2.202", "192.0.2.204", "192.0.2.205"
MESSAGE = '{.status.conditions[?(@.type=="baremetal-lb.io/Announced")].message}'


@pytest.fixture(scope="module")
def lan() -> Iterator[Lan]:
    try:
        made = Lan.of("switch", "client", "stranger", *NODES)
    except NamespaceError as exc:
        pytest.skip(f"no user and network namespaces here: {str(exc).splitlines()[-1]}")
    with made:
        made.bridge("switch", ["client", "stranger", *NODES])
        made.address("stranger", "eth0", TAKEN, 24)
        for node, address in NODES.items():
            made.address(node, "eth0", address, 24)
        made.address("node-2", "eth0", OF_A_NODE, 32)
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(kube_api, lan: Lan, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    """A controller and two speakers."""
    logs = tmp_path_factory.mktemp("speakers")
    settings = Settings(kubeconfig=kube_api.kubeconfig)
    async with (
        speaking_cluster(kube_api, lan, logs, tuple(NODES), OPTIONS) as made,
        await Client.connect(kube_api.kubeconfig) as client,
        asyncio.TaskGroup() as group,
    ):
        await make_cluster(made.client, POOLS, dict(NODES))
        controller = Controller(settings, client, "one")
        controlling = group.create_task(controller.run())
        await controller.ready.wait()
        await asyncio.gather(*(speaker.start() for speaker in made.speakers.values()))
        yield made
        controlling.cancel()


async def serve(cluster: Cluster, name: str) -> None:
    """A Service as a person makes it, with a pod that serves."""
    spec = {"type": "LoadBalancer", "ports": [{"port": 80}]}
    await cluster.client.create(SERVICES, {"metadata": {"name": name, "namespace": "default"}, "spec": spec})
    await cluster.endpoints(name, "node-1")


async def kubectl(kube_api, *arguments: str) -> str:
    return (await asyncio.to_thread(kube_api.kubectl, *arguments)).stdout


async def wait_for(kube_api, name: str, what: str) -> str:
    """kubectl waits; then the condition's message."""
    await kubectl(kube_api, "wait", f"--for={what}", f"svc/{name}", "--timeout=60s")
    return await kubectl(kube_api, "get", "svc", name, "-o", f"jsonpath={MESSAGE}")


async def test_who_announces_it_is_who_answers(cluster, kube_api):
    """And that nobody does, when no pod serves any more; then who took over from a node that died."""
    condition = "condition=baremetal-lb.io/Announced"
    await serve(cluster, "web")
    message = await wait_for(kube_api, "web", condition)
    owner = await cluster.announced_by("192.0.2.201")
    assert message == f"192.0.2.201 by {owner} on eth0 ({cluster.macs[owner]})"
    await cluster.client.delete(ENDPOINT_SLICES, "web", "default")
    message = await wait_for(kube_api, "web", f"{condition}=false")
    assert message == "192.0.2.201: no pod of the Service is ready to serve"
    await cluster.endpoints("web", "node-1")
    await wait_for(kube_api, "web", condition)
    await cluster.speakers[owner].stop(signal.SIGKILL)
    heir = next(node for node in NODES if node != owner)
    told = f"192.0.2.201 by {heir} on eth0 ({cluster.macs[heir]})"
    assert await wait_for(kube_api, "web", f"jsonpath={MESSAGE}={told}") == told
    assert await cluster.announced_by("192.0.2.201") == heir
    events = [each["message"] for each in await cluster.events_of("web") if each["type"] == "Warning"]
    assert events == [], "pods that are not ready for seconds are a rollout, and no fault"
    await cluster.speakers[owner].start()


async def test_an_address_that_a_stranger_has_is_left_to_him(cluster, kube_api, lan):
    """The Service gets the next one, and the stranger keeps his."""
    await serve(cluster, "other")
    await wait_for(kube_api, "other", "jsonpath={.status.loadBalancer.ingress[0].ip}=192.0.2.203")
    message = await wait_for(kube_api, "other", "condition=baremetal-lb.io/Announced")
    owner = await cluster.announced_by("192.0.2.203")
    assert message == f"192.0.2.203 by {owner} on eth0 ({cluster.macs[owner]})"
    stranger = lan.mac("stranger", "eth0").hex(":")
    assert await cluster.neighbour.who_has(TAKEN) == stranger
    said = [each["message"] for each in await cluster.events_of("other") if each["reason"] == "AddressInUse"]
    assert [text.partition(" (seen by")[0] for text in said] == [
        f'"default/other" gets another IP: {TAKEN}: {stranger} has it on eth0'
    ]


async def test_an_address_that_a_node_has_on_an_interface_is_not_given(cluster, kube_api, lan):
    """It stands in no Node's status. Who asks for that very one is told which interface has it."""
    ask = {"metallb.io/loadBalancerIPs": OF_A_NODE}
    spec = {"type": "LoadBalancer", "ports": [{"port": 80}]}
    metadata = {"name": "asks", "namespace": "default", "annotations": ask}
    await cluster.client.create(SERVICES, {"metadata": metadata, "spec": spec})
    why = '{.status.conditions[?(@.type=="baremetal-lb.io/Allocated")].message}'
    told = f"{OF_A_NODE}: belongs to node node-2, interface eth0"
    await kubectl(kube_api, "wait", f"--for=jsonpath={why}={told}", "svc/asks", "--timeout=60s")
    await serve(cluster, "next")
    await wait_for(kube_api, "next", f"jsonpath={{.status.loadBalancer.ingress[0].ip}}={LATE}")
    assert await cluster.neighbour.who_has(OF_A_NODE) == cluster.macs["node-2"]
