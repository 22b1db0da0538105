"""MetalLB's Services taken over and given back: a real controller, MetalLB's objects, speakers on paper."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from baremetal_lb.kube.client import Target
from baremetal_lb.kube.resources import CONFIG_MAPS, DAEMON_SETS, SERVICES
from baremetal_lb.model.api_names import HOLD
from baremetal_lb.model.places import Place, Port
from baremetal_lb.model.reports import Report, Silence
from baremetal_lb.run.migration.command import Wanted, migrate
from baremetal_lb.run.migration.take_over import Move
from baremetal_lb.settings import Settings
from tests.baremetal_lb.fakes.lab import PATIENCE, Lab
from tests.baremetal_lb.fakes.metallb import NAMESPACE, MetallbFront, manifest

POOL = manifest("IPAddressPool", "lan", {"addresses": ["192.0.2.0/28"]})
ADVERTISED = manifest("L2Advertisement", "l2", {})
PEER = manifest("BGPPeer", "tor", {"myASN": 64512}, "v1beta2")
MAC = "02:00:00:00:00:01"


class Ours:
    """What was typed, and speakers that do as the annotation on the ConfigMap says."""

    def __init__(self, lab: Lab, metallb: MetallbFront, kubeconfig: Path) -> None:
        self.lab, self.metallb = lab, metallb
        self._move = functools.partial(
            Move,
            Settings(kubeconfig=kubeconfig, namespace=lab.system, status_namespace=lab.speakers),
            NAMESPACE,
            "baremetal-lb",
        )
        self.doubled = False  # whether ours and MetalLB's announced at once

    async def type(self, output: str, *texts: str, timeout: float = PATIENCE) -> tuple[int, list[str]]:
        """`baremetal-lb migrate`: its exit code and lines."""
        said: list[str] = []
        arguments = Wanted(texts, output), self._move(timeout), said.append, said.append
        return await asyncio.to_thread(migrate, *arguments), "\n".join(said).splitlines()

    async def speak(self) -> None:
        """Report as three speakers do, until cancelled."""
        while True:
            held = await self.held()
            found = [address for key, _ in self.lab.seen.items() if (address := self.lab.has(key.name))]
            self.doubled |= bool(found) and not held and self.metallb.pods["speaker"] > 0
            for node in ("n1", "n2", "n3"):
                await self.lab.report(self._report(node, found, held))
            await asyncio.sleep(0.1)

    def _report(self, node: str, addresses: list[str], held: bool) -> Report:
        from ipaddress import ip_address

        mine = tuple(map(ip_address, addresses)) if node == "n1" else ()
        if held:
            return Report(node, silences=(Silence("Held", mine),) if mine else (), held=True)
        return Report(node, (Place(mine, node, (Port("eth0", MAC),)),) if mine else (), seen=10**9)

    async def held(self) -> bool:
        with contextlib.suppress(Exception):
            found = await self.lab.client.get(CONFIG_MAPS, "config", self.lab.system)
            return HOLD in (found["metadata"].get("annotations") or {})
        return True


@pytest.fixture
async def ours(lab: Lab, tmp_path: Path) -> AsyncIterator[Ours]:
    """A Service that MetalLB has given the network's own address, which we would not give unasked."""
    await lab.create("web")
    status = {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.0"}]}}}
    await lab.client.patch(Target(SERVICES, lab.namespace, "web", "status"), status)
    async with lab.proxy(tmp_path, MetallbFront) as (metallb, kubeconfig):
        metallb.objects = [POOL, ADVERTISED, PEER]
        yield Ours(lab, metallb, kubeconfig)


@contextlib.asynccontextmanager
async def installed(ours: Ours) -> AsyncIterator[None]:
    """A controller of ours, and speakers."""
    async with ours.lab.controller(), asyncio.TaskGroup() as group:
        speaking = group.create_task(ours.speak())
        yield
        speaking.cancel()


async def test_a_take_over_changes_no_address_and_can_be_given_back(ours: Ours) -> None:
    """Ours hold back until MetalLB has stopped; each step is told; what is done is not done again."""
    async with installed(ours):
        code, lines = await ours.type("take-over")
        assert code == 0, lines
        done = [line for line in lines if line.startswith("done: ")]
        assert [line.partition("(")[0].strip() for line in done[:4]] == [
            "done: tell our speakers to announce nothing yet",
            "done: scale MetalLB's controller to 0",
            "done: stop MetalLB's speakers",
            "done: let our speakers announce",
        ]
        assert "warning: left out, since BGP is not spoken: BGPPeer tor" in lines
        assert ours.lab.has("web") == "192.0.2.0"
        assert not ours.doubled
        assert ours.metallb.pods == {"controller": 0, "speaker": 0}

        patches = len(ours.metallb.patches)
        code, lines = await ours.type("take-over")
        assert (code, len(ours.metallb.patches)) == (0, patches)

        code, lines = await ours.type("give-back")
        assert code == 0, lines
        assert ours.metallb.pods == {"controller": 1, "speaker": 3}
        assert await ours.held()
        assert not ours.doubled
        assert (await ours.type("give-back"))[0] == 0
    deployment, daemon_set = ours.metallb.deployments["controller"], ours.metallb.daemonsets["speaker"]
    assert (deployment["spec"]["replicas"], deployment["metadata"]["annotations"]) == (1, {})
    assert daemon_set["spec"]["template"]["spec"]["nodeSelector"] == {}


async def test_a_take_over_that_ours_are_not_there_for_stops_nothing_and_goes_on_later(ours: Ours) -> None:
    """The ConfigMap stands, held, and Helm may own it; MetalLB is untouched until ours have reported."""
    code, lines = await ours.type("take-over", timeout=1)
    assert code == 1
    assert "wait: until a controller of ours leads" in "\n".join(lines)
    assert lines[-1] == "stopped after 1 s; type the same again to go on"
    assert ours.metallb.patches == []
    made = await ours.lab.client.get(CONFIG_MAPS, "config", ours.lab.system)
    assert made["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "Helm"}
    assert made["metadata"]["annotations"]["meta.helm.sh/release-name"] == "baremetal-lb"
    async with installed(ours):
        code, lines = await ours.type("take-over")
    assert code == 0, lines
    assert not any("announce nothing yet" in line for line in lines)
    assert not ours.doubled


async def test_a_plan_changes_nothing_and_says_what_becomes_of_each_service(ours: Ours) -> None:
    """The first address of a CIDR stays given, as MetalLB gives it."""
    code, lines = await ours.type("plan")
    assert code == 0, lines
    assert any(line.startswith(f"keep    {ours.lab.namespace}/web: 192.0.2.0") for line in lines)
    assert "plan: every Service keeps its address" in lines
    assert ours.metallb.patches == []
    assert not [
        each
        for each in (await ours.lab.client.list(CONFIG_MAPS, ours.lab.system))["items"]
        if each["metadata"]["name"] == "config"
    ]


@pytest.mark.parametrize(
    ("objects", "says"),
    [
        pytest.param(
            [manifest("IPAddressPool", "lan", {"addresses": ["198.51.100.0/28"]}), ADVERTISED],
            "refused: 1 Services would not keep their address",
            id="another-pool",
        ),
        pytest.param(
            [POOL, manifest("BGPAdvertisement", "b", {})],
            "refused: 1 Services would not keep their address, or not be announced",
            id="bgp-only",
        ),
        pytest.param([], f"namespace {NAMESPACE} has nothing of MetalLB's", id="nothing"),
    ],
)
async def test_what_would_cost_a_service_its_address_is_refused_before_anything_is_done(
    ours: Ours, objects, says
) -> None:
    """Exit code 1, and MetalLB runs on."""
    ours.metallb.objects = objects
    code, lines = await ours.type("take-over")
    assert code == 1
    assert says in "\n".join(lines)
    assert ours.metallb.patches == []


async def test_another_class_than_metallbs_is_refused(ours: Ours) -> None:
    """Ours would serve other Services than those that are left."""
    containers = ours.metallb.deployments["controller"]["spec"]["template"]["spec"]["containers"]
    containers[0]["args"].append("--lb-class=metallb.io/x")
    code, lines = await ours.type("values")
    assert code == 1
    assert "expected the same: --load-balancer-class 'metallb.io/x'" in lines[0]


async def test_values_and_configmap_are_printed_from_the_cluster(ours: Ours) -> None:
    """As they are from files."""
    code, lines = await ours.type("values")
    assert code == 0
    printed = yaml.safe_load("\n".join(line for line in lines if not line.startswith("warning: ")))
    assert [each["name"] for each in printed["addressPools"]] == ["lan"]
    ours.metallb.objects = []
    old = {"config": "address-pools: [{name: old, protocol: layer2, addresses: [192.0.2.0-192.0.2.9]}]"}
    code, lines = await ours.type(
        "configmap", yaml.safe_dump({"kind": "ConfigMap", "metadata": {}, "data": old})
    )
    assert code == 0
    assert yaml.safe_load("\n".join(lines))["metadata"] == {"name": "config", "namespace": ours.lab.system}


async def test_a_take_over_waits_for_every_speaker_that_our_daemon_set_is_to_have(ours: Ours) -> None:
    """The first that reports is not all: seen on a cluster, where two of three nodes were still starting."""
    container = {"name": "speaker", "image": "i", "args": ["speaker", "--config-map=config"]}
    labels = {"app.kubernetes.io/component": "speaker"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    body = {
        "metadata": {"name": "speaker", "namespace": ours.lab.system, "labels": labels},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }
    await ours.lab.client.create(DAEMON_SETS, body)
    wait = "wait: until our speakers hold back: 3 of 4 do"
    async with installed(ours):
        code, lines = await ours.type("take-over", timeout=2)
        assert (code, "wait: until speakers of ours report" in "\n".join(lines)) == (1, True), lines
        for number, expected in ((4, 1), (3, 0)):
            status = {"observedGeneration": 1, "desiredNumberScheduled": number}
            await ours.lab.client.patch(
                Target(DAEMON_SETS, ours.lab.system, "speaker", "status"), {"status": status}
            )
            code, lines = await ours.type("take-over", timeout=2 if expected else PATIENCE)
            assert (code, wait in lines) == (expected, bool(expected)), lines
