"""Whole speakers whose heartbeats a firewall drops (UDP 7947), a controller, and a client that asks.

Whatever is dropped or restarted: one node answers for each address, and no Service gets another.
"""

import asyncio
import re
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial

import pytest
import pytest_asyncio
from scapy.layers.l2 import ARP

from baremetal_lb.kube.client import Client
from baremetal_lb.kube.resources import SERVICES
from baremetal_lb.run.controller.daemon import Controller
from baremetal_lb.settings import Settings
from testkit.lan import Lan, NamespaceError
from tests.baremetal_lb.fakes.speakers import Cluster, make_cluster, speaking_cluster

pytestmark = [pytest.mark.netns, pytest.mark.asyncio(loop_scope="module")]

NODES = {"node-1": "192.0.2.11", "node-2": "192.0.2.12", "node-3": "192.0.2.13"}
POOLS = "address-pools: [{name: lan, protocol: layer2, addresses: [192.0.2.201-192.0.2.220]}]"
# Slower than the defaults, so that a machine that is busy with other things kills nobody by mistake.
OPTIONS = ("--heartbeat-interval", "0.2", "--return-delay", "1")
SERVICES_MADE = {f"web-{at}": f"192.0.2.{200 + at}" for at in range(1, 9)}
LONG = 90.0  # seconds: on a busy machine a speaker takes some to start
FIREWALLS = {
    "all": {node: "" for node in NODES},
    "one-direction": {"node-1": "ip saddr 192.0.2.12", "node-3": "ip saddr 192.0.2.12"},
    "one-node": {"node-3": "", "node-1": "ip saddr 192.0.2.13", "node-2": "ip saddr 192.0.2.13"},
}


@pytest.fixture(scope="module")
def lan() -> Iterator[Lan]:
    try:
        made = Lan.of("switch", "client", *NODES)
    except NamespaceError as exc:
        pytest.skip(f"no user and network namespaces here: {str(exc).splitlines()[-1]}")
    with made:
        made.bridge("switch", ["client", *NODES])
        for node, address in NODES.items():
            made.address(node, "eth0", address, 24)
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(kube_api, lan: Lan, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    """A controller, three speakers and eight Services."""
    logs = tmp_path_factory.mktemp("speakers")
    async with (
        speaking_cluster(kube_api, lan, logs, tuple(NODES), OPTIONS) as made,
        await Client.connect(kube_api.kubeconfig) as client,
        asyncio.TaskGroup() as group,
    ):
        await make_cluster(made.client, POOLS, dict(NODES))
        controller = Controller(Settings(kubeconfig=kube_api.kubeconfig), client, "one")
        controlling = group.create_task(controller.run())
        await controller.ready.wait()
        await asyncio.gather(*(speaker.start() for speaker in made.speakers.values()))
        for name, address in SERVICES_MADE.items():
            spec = {"type": "LoadBalancer", "ports": [{"port": 80}]}
            metadata = {"name": name, "namespace": "default", "annotations": {}}
            await made.client.create(SERVICES, {"metadata": metadata, "spec": spec})
            await made.endpoints(name, "node-1")
            await until(partial(has, made, name), address)
        yield made
        controlling.cancel()


async def until(question, wanted, within: float = LONG):
    """Ask until the answer is the one that is wanted."""
    end = time.monotonic() + within
    while (answer := await question()) != wanted:
        assert time.monotonic() < end, f"{answer!r} instead of {wanted!r}"
        await asyncio.sleep(0.1)


async def has(cluster: Cluster, name: str) -> str:
    raw = await cluster.client.get(SERVICES, name, "default")
    return " ".join(each["ip"] for each in raw["status"].get("loadBalancer", {}).get("ingress") or ())


async def says(cluster: Cluster, name: str) -> str:
    raw = await cluster.client.get(SERVICES, name, "default")
    conditions = {each["type"]: each for each in raw["status"].get("conditions") or ()}
    said = conditions.get("baremetal-lb.io/Announced", {})
    return f"{said.get('status')} {said.get('message')}"


def firewall(lan: Lan, rules: dict[str, str]) -> None:
    """Drop heartbeats that come to these nodes, where they match; nothing else is dropped."""
    for node in NODES:
        text = "add table inet firewall\ndelete table inet firewall\n"
        if node in rules:
            text += "add table inet firewall\n"
            text += "add chain inet firewall input { type filter hook input priority 0 ; }\n"
            text += f"add rule inet firewall input {rules[node]} udp dport 7947 drop\n"

        def run(text: str = text) -> None:
            subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True, capture_output=True)

        lan.run(node, run)


async def who_answer(cluster: Cluster) -> dict[str, list[str]]:
    """The nodes that answer one question for each address."""
    neighbour = cluster.neighbour
    neighbour.forget()
    for address in SERVICES_MADE.values():
        neighbour.send(neighbour.request(address))
    frames = await neighbour.frames(1000, 0.3)
    replies = {
        (each[ARP].psrc, each.src) for each in frames if each[ARP].op == 2 and each.dst == neighbour.mac
    }
    return {
        name: sorted(cluster.owner_of(mac) or mac for address, mac in replies if address == its)
        for name, its in SERVICES_MADE.items()
    }


async def settled(cluster: Cluster) -> dict[str, str]:
    """Who answers for each, once that is one node, twice in a row the same; nobody got another address."""
    end, before = time.monotonic() + LONG, None
    while True:
        found = await who_answer(cluster)
        if found == before and all(len(each) == 1 for each in found.values()):
            break
        assert time.monotonic() < end, found
        before = found
    assert {name: await has(cluster, name) for name in SERVICES_MADE} == SERVICES_MADE
    events = [each for name in SERVICES_MADE for each in await cluster.events_of(name)]
    assert not [each["message"] for each in events if each["reason"] == "AddressInUse"]
    return {name: each[0] for name, each in found.items()}


@pytest.mark.parametrize("what", FIREWALLS)
async def test_firewall_leaves_each_address_with_one_node(cluster: Cluster, lan: Lan, what: str) -> None:
    """It falls shut while all run; that is said in every way there is. When it opens, all is as before."""
    before = await settled(cluster)
    firewall(lan, FIREWALLS[what])
    assert set(await settled(cluster)) == set(before)

    async def is_said() -> bool:
        said = [await says(cluster, name) for name in SERVICES_MADE]
        return any(re.search(r"^True 192.*; no heartbeats on UDP 7947 from node-", each) for each in said)

    await until(is_said, True)

    async def events() -> bool:
        found = [each for name in SERVICES_MADE for each in await cluster.events_of(name)]
        return any(each["reason"] == "HeartbeatsMissing" for each in found)

    await until(events, True)
    node = next(iter(FIREWALLS[what]))
    log = cluster.speakers[node].log()
    warned = [line for line in log if line["event"].startswith("no heartbeats from Ready nodes")]
    assert warned[-1]["port"] == "UDP 7947"
    assert warned[-1]["nodes"]
    metrics = await cluster.speakers[node].asked("/metrics")
    counts = re.findall(r"baremetal_lb_speaker_unheard_nodes\{.*\} (\d)", metrics)
    assert sum(map(int, counts)) >= 1
    firewall(lan, {})
    end = time.monotonic() + LONG
    while await settled(cluster) != before:
        assert time.monotonic() < end


@pytest.mark.parametrize(
    ("what", "how"),
    [
        pytest.param("all", signal.SIGKILL, id="all-killed"),
        pytest.param("one-direction", signal.SIGKILL, id="one-direction-killed"),
        pytest.param("one-node", signal.SIGTERM, id="one-node-stopped"),
    ],
)
async def test_restart_of_all_behind_a_firewall(cluster: Cluster, lan: Lan, what: str, how: int) -> None:
    """At once, so that each begins by asking for what the others are asking for."""
    firewall(lan, FIREWALLS[what])
    await asyncio.gather(*(speaker.stop(how) for speaker in cluster.speakers.values()))
    await asyncio.gather(*(speaker.start() for speaker in cluster.speakers.values()))
    await settled(cluster)
    firewall(lan, {})


@pytest.mark.parametrize("what", ["all", "one-direction"])
async def test_restart_of_one_after_the_other_behind_a_firewall(
    cluster: Cluster, lan: Lan, what: str
) -> None:
    """Who comes back leaves alone what others answer for."""
    firewall(lan, FIREWALLS[what])
    await settled(cluster)
    for speaker in cluster.speakers.values():
        await speaker.stop()
        await speaker.start()
        await settled(cluster)
    firewall(lan, {})
