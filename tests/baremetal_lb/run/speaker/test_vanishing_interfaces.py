"""A speaker as a process on a node whose interfaces go many at a time, as `docker compose down` has it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from pyroute2 import IPRoute

from testkit.lan import Lan, NamespaceError
from tests.baremetal_lb.fakes.speakers import MOVE, Cluster, make_cluster, speaking_cluster

pytestmark = [pytest.mark.netns, pytest.mark.asyncio(loop_scope="module")]
POOLS = "address-pools: [{name: lan, protocol: layer2, addresses: [192.0.2.200-192.0.2.250]}]"
VIP = "192.0.2.200"
ROUNDS, BRIDGES, MACVLANS = 5, 5, 50


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(kube_api, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    logs = tmp_path_factory.mktemp("speaker")
    try:
        lan = Lan.of("switch", "client", "node-1")
    except NamespaceError as exc:
        pytest.skip(f"no user and network namespaces here: {str(exc).splitlines()[-1]}")
    with lan:
        lan.bridge("switch", ["client", "node-1"])
        async with speaking_cluster(kube_api, lan, logs, ["node-1"]) as made:
            await make_cluster(made.client, POOLS, {"node-1": None})
            await made.speakers["node-1"].start()
            await made.service("web", VIP)
            assert await made.announced_by(VIP) == "node-1"
            yield made


def make_bridges(ip: IPRoute) -> None:
    """Each with a veth pair in it, so that it has a carrier and is answered on."""
    for number in range(BRIDGES):
        ip.link("add", ifname=f"br-{number}", kind="bridge")
        ip.link("add", ifname=f"veth{number}", kind="veth", peer={"ifname": f"veth{number}b"})
        bridge = ip.link_lookup(ifname=f"br-{number}")[0]
        for name in (f"veth{number}", f"veth{number}b"):
            ip.link("set", index=ip.link_lookup(ifname=name)[0], state="up")
        ip.link("set", index=ip.link_lookup(ifname=f"veth{number}")[0], master=bridge)
        ip.link("set", index=bridge, state="up")


def delete(ip: IPRoute, names: list[str]) -> None:
    for index in [ip.link_lookup(ifname=name)[0] for name in names]:
        ip.link("del", index=index)


def make_macvlans(ip: IPRoute) -> None:
    lower = ip.link_lookup(ifname="eth0")[0]
    for number in range(MACVLANS):
        ip.link("add", ifname=f"mv{number}", kind="macvlan", link=lower, macvlan_mode="bridge", state="up")


async def joined(cluster: Cluster, names: list[str]) -> None:
    """Wait until the speaker answers on all of them."""
    wanted = {f'baremetal_lb_speaker_interface{{interface="{name}"}} 1.0' for name in names}
    async with asyncio.timeout(3 * MOVE):
        while not wanted <= set((await cluster.speakers["node-1"].asked("/metrics")).splitlines()):
            pass


async def lives_and_answers(cluster: Cluster) -> None:
    speaker = cluster.speakers["node-1"]
    assert await cluster.announced_by(VIP) == "node-1"
    assert speaker.process
    assert speaker.process.returncode is None, speaker.log()[-3:]


async def test_speaker_lives_through_bridges_that_go_together(cluster: Cluster) -> None:
    """Five bridges with veths, made and deleted again and again: it answers on, and has not ended."""
    lan, bridges = cluster.speakers["node-1"].lan, [f"br-{number}" for number in range(BRIDGES)]
    made = bridges + [f"veth{number}" for number in range(BRIDGES)]
    for _ in range(ROUNDS):
        await asyncio.to_thread(lan.link, "node-1", make_bridges)
        await joined(cluster, bridges)
        await asyncio.to_thread(lan.link, "node-1", lambda ip: delete(ip, made))
    await lives_and_answers(cluster)


async def test_speaker_lives_through_macvlans_that_go_together(cluster: Cluster) -> None:
    """Deleted in one go, they take nothing with them."""
    lan, names = cluster.speakers["node-1"].lan, [f"mv{number}" for number in range(MACVLANS)]
    await asyncio.to_thread(lan.link, "node-1", make_macvlans)
    await joined(cluster, names)
    await asyncio.to_thread(lan.link, "node-1", lambda ip: delete(ip, names))
    await lives_and_answers(cluster)
