"""A speaker that the API refuses something: it says what, waits, and goes on with what it knows."""

import asyncio
import base64
import json
import urllib.error
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from testkit.lan import Lan, NamespaceError
from tests.baremetal_lb.fakes.fault_proxy import FaultProxy
from tests.baremetal_lb.fakes.speakers import MOVE, START, SpeakerProcess, make_cluster, speaking_cluster

pytestmark = pytest.mark.netns
POOLS = "address-pools: [{name: lan, protocol: layer2, addresses: [192.0.2.200-192.0.2.250]}]"
VIP = "192.0.2.200"


@pytest.fixture
def lan() -> Iterator[Lan]:
    try:
        made = Lan.of("switch", "client", "node-1")
    except NamespaceError as exc:
        pytest.skip(f"no user and network namespaces here: {str(exc).splitlines()[-1]}")
    with made:
        made.bridge("switch", ["client", "node-1"])
        yield made


async def readiness(speaker: SpeakerProcess) -> str:
    """What /readyz says, whatever its status; nothing, while nobody answers."""
    try:
        return await speaker.asked("/readyz")
    except NamespaceError as exc:  # a forked child asked
        return "not ready" if "503" in str(exc) else ""
    except urllib.error.URLError:
        return ""


async def until_readyz(speaker: SpeakerProcess, says: str, within: float) -> None:
    async with asyncio.timeout(within):
        while says not in await readiness(speaker):  # noqa: ASYNC110 - it is asked, as a probe does
            await asyncio.sleep(0.1)


async def test_a_missing_right_is_said_waited_for_and_no_reason_to_fall_silent(
    kube_api, lan: Lan, tmp_path
) -> None:
    """Not ready without it, ready once it is given; when it is lost later, what is known stays announced."""
    document = json.loads(kube_api.kubeconfig.read_text())["clusters"][0]["cluster"]
    authority = base64.b64decode(document["certificate-authority-data"]).decode()
    proxy = FaultProxy(kube_api.server, kube_api.token, authority)
    async with proxy.running(tmp_path) as kubeconfig:
        server = json.loads(kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
        way = SimpleNamespace(port=int(server.rpartition(":")[2]), kubeconfig=kubeconfig)
        async with speaking_cluster(way, lan, tmp_path, ["node-1"], ("--membership-port", "0")) as cluster:
            await make_cluster(cluster.client, POOLS, {"node-1": None})
            await cluster.service("web", VIP)
            speaker = cluster.speakers["node-1"]
            proxy.forbidden = "/endpointslices"
            speaker.log_path.touch()
            starting = asyncio.create_task(speaker.start())
            right = (
                "missing right: list endpointslices.discovery.k8s.io in the whole cluster for ServiceAccount "
            )
            await speaker.logs(lambda line: right in line.get("error", ""), START)
            told = next(line["error"] for line in speaker.log() if right in line.get("error", ""))
            assert "kubectl create clusterrole tester-list-endpointslices-discovery-k8s-io " in told
            await until_readyz(speaker, "not ready", MOVE)
            assert "Traceback" not in speaker.log_path.read_text()
            proxy.forbidden = ""
            await starting
            await until_readyz(speaker, "ok", MOVE)
            assert await cluster.announced_by(VIP, MOVE) == "node-1"
            proxy.forbidden = "/services"
            proxy.cut()
            await until_readyz(speaker, "not ready", MOVE)
            assert await cluster.neighbour.who_has(VIP, MOVE) == cluster.macs["node-1"]
            proxy.forbidden = ""
            await until_readyz(speaker, "ok", MOVE)
