"""Two speakers as processes, on nodes that have more interfaces than heartbeats tell of."""

import asyncio
import os
import resource
import secrets
from collections.abc import AsyncIterator
from functools import partial

import pytest
import pytest_asyncio
from pyroute2 import IPRoute

from baremetal_lb.decide.layer2.election import rank
from baremetal_lb.decide.membership.uplinks import MOST
from baremetal_lb.kube.resources import SECRETS
from baremetal_lb.kube.secrets import KEY_BYTES, MEMBERSHIP, membership_secret
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.run.file_limit import MOST as MOST_FILES
from testkit.lan import Lan, NamespaceError
from tests.baremetal_lb.fakes.speakers import (
    MOVE,
    SOFT_FILES,
    SYSTEM,
    Cluster,
    make_cluster,
    speaking_cluster,
)

pytestmark = [pytest.mark.netns, pytest.mark.asyncio(loop_scope="module")]
NODES = {"node-1": "192.0.2.1", "node-2": "192.0.2.2"}
POOLS = "address-pools: [{name: lan, protocol: layer2, addresses: [192.0.2.200-192.0.2.250]}]"
VIP = "192.0.2.200"
OWNER, WATCHER = rank(NODES, VIP)
QUESTIONS = 4  # a finding takes three without the right answer
OPTIONS = ("--heartbeat-interval", "0.2", "--watchdog-interval", "0.5")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(kube_api, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    try:
        lan = Lan.of("switch", "client", *NODES)
    except NamespaceError as exc:
        pytest.skip(f"no user and network namespaces here: {str(exc).splitlines()[-1]}")
    with lan:
        make_others(lan)
        lan.bridge("switch", ["client", *NODES])
        for node, address in NODES.items():
            lan.address(node, "eth0", address, 24)
        logs = tmp_path_factory.mktemp("speakers")
        async with speaking_cluster(kube_api, lan, logs, tuple(NODES), OPTIONS) as made:
            await make_cluster(made.client, POOLS, dict(NODES))
            secret = membership_secret(ObjectKey(SYSTEM, MEMBERSHIP), secrets.token_bytes(KEY_BYTES))
            await made.client.create(SECRETS, secret)
            await asyncio.gather(*(speaker.start() for speaker in made.speakers.values()))
            await made.service("web", VIP)
            yield made


def make_others(lan: Lan) -> None:
    """More other interfaces on each node than heartbeats have room for, each with a carrier."""
    names = [f"x{number}" for number in range(MOST + 1)]

    def make(ip: IPRoute, node: str) -> None:
        for name in names:
            peer = {"ifname": f"{node}-{name}", "net_ns_fd": lan.hosts["switch"]}
            ip.link("add", ifname=name, kind="veth", peer=peer)
            ip.link("set", index=ip.link_lookup(ifname=name)[0], state="up")

    def set_up(ip: IPRoute, node: str) -> None:
        for name in names:
            ip.link("set", index=ip.link_lookup(ifname=f"{node}-{name}")[0], state="up")

    for node in NODES:
        lan.link(node, partial(make, node=node))
        lan.link("switch", partial(set_up, node=node))


async def test_an_uplink_beyond_the_eighth_interface_is_one_of_ours(cluster: Cluster) -> None:
    """The watchdog of another node knows its MAC, and finds nothing wrong."""
    assert await cluster.announced_by(VIP, 2 * MOVE) == OWNER
    watcher = cluster.speakers[WATCHER]
    async with asyncio.timeout(3 * MOVE):
        while await watcher.sample("baremetal_lb_speaker_questions_total") < QUESTIONS:
            pass
    for kind in ("silent", "wrongMac"):
        assert await watcher.sample(f'baremetal_lb_speaker_watchdog_findings{{kind="{kind}"}}') == 0


async def test_sockets_of_all_interfaces_fit_though_the_soft_limit_of_files_is_less(cluster: Cluster) -> None:
    """A speaker raises it to the hard one by itself."""
    for speaker in cluster.speakers.values():
        assert speaker.process
        open_files = len(os.listdir(f"/proc/{speaker.process.pid}/fd"))
        soft, hard = resource.prlimit(speaker.process.pid, resource.RLIMIT_NOFILE)
        assert SOFT_FILES < open_files < soft == min(hard, MOST_FILES)
