"""A speaker as a process on a node with two interfaces in one LAN, and what its kernel keeps from working."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP

from baremetal_lb.kube.resources import CONFIG_MAPS, EVENTS
from bench.lan import Lan, NamespaceError
from tests.baremetal_lb.fakes.speakers import MOVE, SYSTEM, Cluster, make_cluster, speaking_cluster

pytestmark = [pytest.mark.netns, pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]
POOLS = """
address-pools:
- {name: lan, protocol: layer2, addresses: [192.0.2.200-192.0.2.250, "2001:db8::200-2001:db8::250"]}
"""
NODE, VIP, VIP_6 = "node-1", "192.0.2.200", "2001:db8::200"
SOON = 6 * MOVE


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(kube_api, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    logs = tmp_path_factory.mktemp("speaker")
    try:
        lan = Lan.of("switch", "client", NODE)
    except NamespaceError as exc:
        pytest.skip(f"no user and network namespaces here: {str(exc).splitlines()[-1]}")
    with lan:
        lan.bridge("switch", ["client", NODE])
        lan.connect(("switch", "to-second"), (NODE, "eth1"))
        plug(lan, "to-second", plugged=True)
        async with speaking_cluster(kube_api, lan, logs, [NODE]) as made:
            await make_cluster(made.client, POOLS, {NODE: None})
            await made.speakers[NODE].start()
            await made.service("web", VIP)
            await made.service("six", VIP_6)
            yield made


def plug(lan: Lan, port: str, *, plugged: bool) -> None:
    def work(ip) -> None:
        master = ip.link_lookup(ifname="lan0")[0] if plugged else 0
        ip.link("set", index=ip.link_lookup(ifname=port)[0], master=master)

    lan.link("switch", work)


def set_state(lan: Lan, name: str, state: str) -> None:
    lan.link(NODE, lambda ip: ip.link("set", index=ip.link_lookup(ifname=name)[0], state=state))


def setting(lan: Lan, path: str, value: str) -> None:
    lan.run(NODE, lambda: Path(f"/proc/sys/net/{path}").write_text(value))


async def says(cluster: Cluster, *samples: str) -> None:
    """Wait until all these lines are in its metrics."""
    async with asyncio.timeout(SOON):
        while not set(samples) <= set((await cluster.speakers[NODE].asked("/metrics")).splitlines()):
            pass


def hindered(kind: str, count: int) -> str:
    return f'baremetal_lb_speaker_hindered_addresses{{kind="{kind}"}} {count}.0'


async def pools(cluster: Cluster, text: str) -> None:
    body = {"metadata": {"name": "config", "namespace": SYSTEM}, "data": {"config": text}}
    await cluster.client.replace(CONFIG_MAPS, body)


async def answering(cluster: Cluster) -> set[str]:
    """The MACs that answer for the address, asked ten times."""
    asked = cluster.neighbour.request(VIP)
    cluster.neighbour.forget()
    for _ in range(10):
        cluster.neighbour.send(asked)
    frames = await cluster.neighbour.frames(30, 0.5)
    return {each.src for each in frames if each[ARP].op == 2 and each.dst == cluster.neighbour.mac}


async def test_one_of_two_interfaces_in_a_lan_answers_and_the_other_after_it(cluster: Cluster) -> None:
    """One MAC, and an Event that names the pool's key; when it leaves, the LAN hears of the other at once."""
    lan = cluster.speakers[NODE].lan
    first, second = (lan.mac(NODE, name).hex(":") for name in ("eth0", "eth1"))
    assert await cluster.announced_by(VIP) == NODE
    assert await answering(cluster) == {first}
    events = (await cluster.client.list(EVENTS))["items"]
    (told,) = [each for each in events if each["reason"] == "InterfacesShareLan"]
    assert told["message"].startswith("eth0, eth1 are in one LAN")
    assert "`interfaces`" in told["message"]
    metrics = await cluster.speakers[NODE].asked("/metrics")
    assert 'baremetal_lb_speaker_shared_lan{interface="eth1"} 1.0' in metrics

    cluster.neighbour.forget()
    await asyncio.to_thread(set_state, lan, "eth0", "down")
    (frame,) = await cluster.neighbour.frames(1, MOVE)
    assert (frame.src, frame[ARP].psrc, frame[ARP].pdst) == (second, VIP, VIP)
    assert await answering(cluster) == {second}
    await asyncio.to_thread(set_state, lan, "eth0", "up")
    assert await cluster.neighbour.sees_owner(VIP, first, SOON)
    assert await answering(cluster) == {first}


async def test_a_macvlan_on_it_does_not_answer(cluster: Cluster) -> None:
    """Its lower interface does, which cannot hear it."""
    lan = cluster.speakers[NODE].lan

    def make(ip) -> None:
        lower = ip.link_lookup(ifname="eth0")[0]
        ip.link("add", ifname="mv0", kind="macvlan", link=lower, macvlan_mode="bridge", state="up")

    await asyncio.to_thread(lan.link, NODE, make)
    await says(cluster, 'baremetal_lb_speaker_shared_lan{interface="mv0"} 1.0')
    assert await answering(cluster) == {lan.mac(NODE, "eth0").hex(":")}
    await asyncio.to_thread(lan.link, NODE, lambda ip: ip.link("del", ifname="mv0"))


async def test_a_way_back_that_is_missing_or_filtered_is_said(cluster: Cluster) -> None:
    """No route; one by an interface that announces; one by another, under a strict or a loose filter."""
    lan = cluster.speakers[NODE].lan
    await says(cluster, hindered("noRoute", 2), hindered("reversePath", 0))
    await asyncio.to_thread(lan.connect, ("switch", "other"), (NODE, "far0"))
    await asyncio.to_thread(lan.address, NODE, "far0", "192.0.2.1", 24)
    await asyncio.to_thread(lan.address, NODE, "far0", "2001:db8::1", 64)
    await asyncio.to_thread(setting, lan, "ipv4/conf/all/rp_filter", "1")
    await says(cluster, hindered("noRoute", 0), hindered("reversePath", 0))
    await pools(cluster, POOLS.replace("layer2,", "layer2, interfaces: [eth0],"))
    await says(cluster, hindered("noRoute", 0), hindered("reversePath", 1))
    await asyncio.to_thread(setting, lan, "ipv4/conf/eth0/rp_filter", "2")
    await says(cluster, hindered("reversePath", 0))


async def test_no_solicitation_is_answered_where_the_kernel_has_ipv6_off(cluster: Cluster) -> None:
    """Nor is anything told there; it is said; switched on again, all is as before."""
    lan, client = cluster.speakers[NODE].lan, cluster.solicitor
    asked = client.question(VIP_6, "fe80::64", option=True)
    await pools(cluster, POOLS.replace("layer2,", "layer2, interfaces: [eth0],"))
    await asyncio.to_thread(setting, lan, "ipv6/conf/eth0/disable_ipv6", "1")
    await says(cluster, hindered("ipv6Off", 1))
    client.forget()
    client.send(asked)
    assert await client.advertisements(VIP_6, 1, 0.3) == []
    assert await answering(cluster) == {lan.mac(NODE, "eth0").hex(":")}
    client.forget()
    await asyncio.to_thread(setting, lan, "ipv6/conf/eth0/disable_ipv6", "0")
    await says(cluster, hindered("ipv6Off", 0))
    (told,) = await client.advertisements(VIP_6, 1, MOVE)
    assert told[IPv6].dst == "ff02::1"
    client.forget()
    client.send(asked)
    assert await client.advertisements(VIP_6, 1, MOVE)
