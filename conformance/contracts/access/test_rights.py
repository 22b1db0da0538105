"""Least privilege: with the chart's rights on a real API nothing is refused, and no right goes unused."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from baremetal_lb.kube.client import Client
from baremetal_lb.kube.errors import NotFound
from baremetal_lb.kube.resources import (
    CONFIG_MAPS,
    ENDPOINT_SLICES,
    LEASES,
    NODES,
    SECRETS,
    SERVICES,
    Resource,
)
from conformance.harness.rights import AUDIT_POLICY, FORBIDDEN, granted, requests
from testkit.control_planes import planes
from testkit.control_planes.build import programs_dir
from testkit.kubectl import find_kubectl, kubectl_environment
from testkit.lan import Lan, NamespaceError
from tests.baremetal_lb.fakes.lab import Process
from tests.baremetal_lb.fakes.speakers import SpeakerProcess, listen_on, relay

MANIFEST = Path(__file__).parents[3] / "deploy" / "baremetal-lb.yaml"
SYSTEM, SPEAKERS = "baremetal-lb-system", "baremetal-lb-speakers"
CONTROLLER, SPEAKER = "baremetal-lb-controller", "baremetal-lb-speaker"
ACCOUNTS = (f"{SYSTEM}:{CONTROLLER}", f"{SYSTEM}:{SPEAKER}")
NODES_OF_LAN = {"node-1": "192.0.2.11", "node-2": "192.0.2.12"}
POOLS = "address-pools: [{name: lan, protocol: layer2, addresses: [192.0.2.201-192.0.2.202]}]"
PATIENCE = 90


@dataclass
class Cluster:
    """A real control plane with the manifest applied, and what a test does to it as an admin."""

    kubeconfig: Path
    audit: Path
    client: Client

    def kubectl(self, *arguments: str) -> str:
        """Its output; AssertionError with its words where it fails."""
        binary = find_kubectl()
        assert binary
        command = [binary, *arguments]
        environment = kubectl_environment(self.kubeconfig)
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def as_account(self, name: str) -> Path:
        """A kubeconfig with a token of the ServiceAccount, as its pods have one."""
        document = json.loads(self.kubeconfig.read_text())
        token = self.kubectl("-n", SYSTEM, "create", "token", name, "--duration=1h").strip()
        document["users"][0]["user"] = {"token": token}
        path = self.kubeconfig.with_name(f"{name}.kubeconfig")
        path.write_text(json.dumps(document))
        return path

    async def until(self, what: str, holds) -> None:
        """Wait until an awaitable test holds."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not await holds():  # noqa: ASYNC110 - the API server is another process
                    await asyncio.sleep(0.1)
        except TimeoutError:
            pytest.fail(f"not within {PATIENCE} s: {what}")

    async def there(self, resource: Resource, name: str, namespace: str) -> dict:
        """The object, or {}."""
        try:
            return await self.client.get(resource, name, namespace)
        except NotFound:
            return {}

    async def condition(self, name: str, kind: str) -> str:
        """A Service's condition as it stands: "True", "False" or nothing."""
        service = await self.there(SERVICES, name, "default")
        conditions = service.get("status", {}).get("conditions", ())
        return next((each["status"] for each in conditions if each["type"] == f"baremetal-lb.io/{kind}"), "")


@pytest.fixture
def lan() -> Iterator[Lan]:
    try:
        made = Lan.of("switch", *NODES_OF_LAN)
    except NamespaceError as exc:
        pytest.skip(f"no user and network namespaces here: {str(exc).splitlines()[-1]}")
    with made:
        made.bridge("switch", list(NODES_OF_LAN))
        for node, address in NODES_OF_LAN.items():
            made.address(node, "eth0", address, 24)
        yield made


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    """The manifest on a real API server that writes an audit log, and two Ready nodes."""
    policy, audit = tmp_path / "audit-policy.json", tmp_path / "audit.log"
    policy.write_text(json.dumps(AUDIT_POLICY))
    options = (
        f"--audit-policy-file={policy}",
        f"--audit-log-path={audit}",
        "--audit-log-mode=blocking-strict",
    )
    with planes.real(tmp_path / "real", programs_dir(), options) as kubeconfig:
        async with await Client.connect(kubeconfig) as client:
            made = Cluster(kubeconfig, audit, client)
            made.kubectl("apply", "--validate=strict", "-f", str(MANIFEST))
            for name, address in NODES_OF_LAN.items():
                await client.create(NODES, {"metadata": {"name": name}})
                ready = [{"type": "Ready", "status": "True"}]
                status = {"conditions": ready, "addresses": [{"type": "InternalIP", "address": address}]}
                patch = json.dumps({"status": status})
                made.kubectl("patch", "node", name, "--subresource=status", f"--patch={patch}")
            yield made


@asynccontextmanager
async def running(cluster: Cluster, lan: Lan) -> AsyncIterator[tuple[list[Process], list[SpeakerProcess]]]:
    """Two controllers, and a speaker on each node, with the tokens of their ServiceAccounts."""
    port = int(
        json.loads(cluster.kubeconfig.read_text())["clusters"][0]["cluster"]["server"].rpartition(":")[2]
    )
    async with AsyncExitStack() as stack:
        controllers = []
        for _ in range(2):
            process = await Process.start(cluster.as_account(CONTROLLER))
            stack.push_async_callback(process.stop)
            controllers.append(process)
        speakers = []
        kubeconfig = cluster.as_account(SPEAKER)
        for node in NODES_OF_LAN:
            server = await relay(port, lan.open(node, lambda: listen_on(port)))
            stack.callback(server.close)
            speaker = SpeakerProcess(lan, node, kubeconfig, cluster.kubeconfig.with_name(f"{node}.log"))
            stack.push_async_callback(_stop, speaker)
            speakers.append(speaker)
        yield controllers, speakers


async def _stop(speaker: SpeakerProcess) -> None:
    if speaker.process and speaker.process.returncode is None:
        await speaker.stop()


async def test_nothing_is_refused_and_no_right_goes_unused(cluster: Cluster, lan: Lan) -> None:
    """Everything that both daemons ask of the API, once: from the first start to the last stop."""
    client = cluster.client
    async with running(cluster, lan) as (controllers, speakers):
        await asyncio.gather(*(each.ready() for each in controllers))
        await cluster.until(
            "the key is made", lambda: cluster.there(SECRETS, "baremetal-lb-membership", SYSTEM)
        )
        pools = {"metadata": {"namespace": SYSTEM, "name": "config"}, "data": {"config": POOLS}}
        await client.create(CONFIG_MAPS, pools)
        await asyncio.gather(*(each.start() for each in speakers))

        spec = {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}]}
        await client.create(SERVICES, {"metadata": {"namespace": "default", "name": "web"}, "spec": spec})
        await cluster.until("it has an address", lambda: _is(cluster.condition("web", "Allocated"), "True"))
        await client.create(ENDPOINT_SLICES, _slice("web", "node-1"))
        await cluster.until("it is announced", lambda: _is(cluster.condition("web", "Announced"), "True"))

        lan.address("node-1", "eth0", "192.0.2.99", 24)  # told in the object of the node's interfaces
        await _lose(cluster, SECRETS, "baremetal-lb-membership")
        await _lose(cluster, LEASES, CONTROLLER)
        await client.delete(SERVICES, "web", "default")
        for speaker in speakers:
            await speaker.stop()
        await cluster.until("their reports are gone", lambda: _is(_reports(cluster), []))
    told = [json.loads(line) for line in cluster.audit.read_text().splitlines()]
    made = list(requests(told, ACCOUNTS))
    rights = granted([each for each in yaml.safe_load_all(MANIFEST.read_text()) if each])
    refused = sorted({right for right, code in made if code == FORBIDDEN})
    unused = sorted(right for right in rights if not any(right.covers(used) for used, _ in made))
    assert (refused, unused) == ([], [])


async def _lose(cluster: Cluster, resource: Resource, name: str) -> None:
    """Delete it, and wait until it is made anew."""
    before = (await cluster.there(resource, name, SYSTEM))["metadata"]["uid"]
    await cluster.client.delete(resource, name, SYSTEM)

    async def anew() -> bool:
        found = await cluster.there(resource, name, SYSTEM)
        return bool(found) and found["metadata"]["uid"] != before

    await cluster.until(f"{name} is there again", anew)


async def _reports(cluster: Cluster) -> list[str]:
    names = [each["metadata"]["name"] for each in (await cluster.client.list(CONFIG_MAPS, SPEAKERS))["items"]]
    return [each for each in names if each in NODES_OF_LAN]


async def _is(found, expected) -> bool:
    return await found == expected


def _slice(service: str, node: str) -> dict:
    return {
        "metadata": {
            "namespace": "default",
            "name": service,
            "labels": {"kubernetes.io/service-name": service},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.244.1.2"], "nodeName": node, "conditions": {"ready": True}}],
        "ports": [{"name": "", "port": 80, "protocol": "TCP"}],
    }
