"""A take-over as a client on the LAN sees it: real speakers on two nodes, in MetalLB's place and as ours."""

import asyncio
import base64
import functools
import json
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from pyroute2 import IPRoute
from scapy.layers.l2 import ARP

from baremetal_lb.kube.client import MERGE, Client, Target
from baremetal_lb.kube.resources import CONFIG_MAPS
from baremetal_lb.model.api_names import HOLD
from baremetal_lb.run.controller.daemon import Controller
from baremetal_lb.run.migration.command import Wanted, migrate
from baremetal_lb.run.migration.take_over import Move
from baremetal_lb.settings import Settings
from testkit.lan import Lan, NamespaceError
from tests.baremetal_lb.fakes.metallb import NAMESPACE, MetallbFront, manifest
from tests.baremetal_lb.fakes.speakers import (
    MOVE,
    START,
    SYSTEM,
    Cluster,
    SpeakerProcess,
    make_cluster,
    speaking_cluster,
)

pytestmark = [pytest.mark.netns, pytest.mark.asyncio(loop_scope="module")]

NODES = ("node-1", "node-2")
VIP = "192.0.2.200"
POOLS = "address-pools: [{name: lan, protocol: layer2, addresses: [192.0.2.200-192.0.2.250]}]"
# In MetalLB's place: speakers that read another ConfigMap, and report to nobody.
THEIRS = ("--config-map=metallb", "--membership-port=0", "--status-namespace=theirs", "--metrics-port=0")


@pytest.fixture(scope="module")
def lan() -> Iterator[Lan]:
    try:
        made = Lan.of("switch", "client", *NODES)
    except NamespaceError as exc:
        pytest.skip(f"no user and network namespaces here: {str(exc).splitlines()[-1]}")
    with made:
        made.bridge("switch", ["client", *NODES])
        for number, node in enumerate(NODES, 11):  # else no reply of theirs would find its way
            made.link(node, functools.partial(_address, f"192.0.2.{number}"))
        yield made


def _address(address: str, ip: IPRoute) -> None:
    ip.addr("add", index=ip.link_lookup(ifname="eth0")[0], address=address, prefixlen=24)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(kube_api, lan: Lan, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    """Our speakers, started and without a ConfigMap; one Service whose address MetalLB announces."""
    logs = tmp_path_factory.mktemp("speakers")
    async with speaking_cluster(kube_api, lan, logs, NODES, ("--membership-port", "0")) as made:
        await make_cluster(made.client, POOLS, dict.fromkeys(NODES))
        await made.client.delete(CONFIG_MAPS, "config", SYSTEM)
        metadata = {"name": "metallb", "namespace": SYSTEM}
        await made.client.create(CONFIG_MAPS, {"metadata": metadata, "data": {"config": POOLS}})
        await made.service("web", VIP)
        yield made


class Watch:
    """Asks for the address again and again; keeps who answered each time."""

    def __init__(self, cluster: Cluster) -> None:
        self.answers: list[frozenset[str]] = []
        self._neighbour = cluster.neighbour

    async def run(self) -> None:
        neighbour = self._neighbour
        while True:
            neighbour.forget()
            neighbour.send(neighbour.request(VIP))
            found = await neighbour.frames(20, 0.1)
            replies = [each for each in found if each[ARP].op == 2 and each.dst == neighbour.mac]
            self.answers.append(frozenset(each.src for each in replies))


@pytest_asyncio.fixture(loop_scope="module")
async def theirs(kube_api, lan: Lan, tmp_path) -> AsyncIterator[list[SpeakerProcess]]:
    """MetalLB's speakers, not started; whatever happens, none stays."""
    made = [
        SpeakerProcess(lan, node, kube_api.kubeconfig, tmp_path / f"theirs-{node}", THEIRS) for node in NODES
    ]
    yield made
    for each in made:
        if each.process and each.process.returncode is None:
            await each.stop(signal.SIGKILL)


async def test_a_take_over_is_one_hand_over_on_the_lan_and_so_is_the_way_back(
    cluster: Cluster, kube_api, theirs: list[SpeakerProcess], tmp_path
) -> None:
    """Never two nodes answer, and before and after each of them one does."""

    async def run_theirs(running: bool) -> None:
        await asyncio.gather(*(each.start() if running else each.stop() for each in theirs))

    await run_theirs(True)
    await cluster.announced_by(VIP, START)
    document = json.loads(kube_api.kubeconfig.read_text())["clusters"][0]["cluster"]
    authority = base64.b64decode(document["certificate-authority-data"]).decode()
    metallb = MetallbFront(kube_api.server, kube_api.token, authority)
    metallb.objects = [
        manifest("IPAddressPool", "lan", {"addresses": ["192.0.2.200-192.0.2.250"]}),
        manifest("L2Advertisement", "l2", {}),
    ]
    metallb.on_speakers = run_theirs
    watch, said = Watch(cluster), []
    async with metallb.running(tmp_path) as kubeconfig, installed(cluster, kube_api):
        move = Move(Settings(kubeconfig=kubeconfig), NAMESPACE, timeout=60)
        command = functools.partial(asyncio.to_thread, migrate)
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(watch.run())
            for act in ("take-over", "give-back"):
                watch.answers.clear()
                assert await command(Wanted((), act), move, said.append, said.append) == 0, "\n".join(said)
                seen = list(watch.answers)
                assert all(len(each) <= 1 for each in seen), seen
                assert seen[0], "\n".join(said)
                async with asyncio.timeout(MOVE):
                    while not watch.answers[-1]:  # noqa: ASYNC110 - it is the LAN that is asked
                        await asyncio.sleep(0.05)
            watching.cancel()


@asynccontextmanager
async def installed(cluster: Cluster, kube_api) -> AsyncIterator[None]:
    """Our controller, and our speakers on both nodes."""
    settings = Settings(kubeconfig=kube_api.kubeconfig)
    async with await Client.connect(settings.kubeconfig) as client, asyncio.TaskGroup() as group:
        running = group.create_task(Controller(settings, client, "one").run())
        await asyncio.gather(*(each.start() for each in cluster.speakers.values()))
        try:
            yield
        finally:
            await asyncio.gather(*(each.stop() for each in cluster.speakers.values()))
            running.cancel()


async def test_what_is_held_falls_silent_and_speaks_again_when_that_is_over(cluster: Cluster) -> None:
    """By an annotation on the ConfigMap, whatever it says; the log of each speaker tells it."""
    target = Target(CONFIG_MAPS, SYSTEM, "config")
    await cluster.client.patch(target, {"metadata": {"annotations": {HOLD: None}}}, MERGE)
    await asyncio.gather(*(each.start() for each in cluster.speakers.values()))
    owner = await cluster.announced_by(VIP, START)
    await cluster.client.patch(target, {"metadata": {"annotations": {HOLD: "for the moment"}}}, MERGE)
    assert await cluster.neighbour.sees_owner(VIP, None, MOVE)
    assert any(line.get("value") == "for the moment" for line in cluster.speakers[owner].log())
    await cluster.client.patch(target, {"metadata": {"annotations": {HOLD: None}}}, MERGE)
    assert await cluster.announced_by(VIP) == owner
