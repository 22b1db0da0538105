"""A speaker as a process on a node with two interfaces in one LAN, and what its kernel keeps from working."""

import asyncio
import contextlib
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether

from baremetal_lb.kube.resources import CONFIG_MAPS, EVENTS
from testkit.lan import Lan, NamespaceError
from tests.baremetal_lb.fakes.speakers import MOVE, SYSTEM, Cluster, make_cluster, speaking_cluster

pytestmark = [pytest.mark.netns, pytest.mark.asyncio(loop_scope="module")]
POOLS = """
address-pools:
- {name: lan, protocol: layer2, addresses: [192.0.2.200-192.0.2.250, "2001:db8::200-2001:db8::250"]}
"""
NODE, VIP, VIP_6 = "node-1", "192.0.2.200", "2001:db8::200"
SOON = 2 * MOVE
PORT = 5000


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


def serve_here(address: str) -> None:
    """What kube-proxy does for an external IP."""
    rules = f"""
table ip services {{
  chain prerouting {{
    type nat hook prerouting priority dstnat
    ip daddr {VIP} dnat to {address}
  }}
}}"""
    subprocess.run(["nft", "-f", "-"], input=rules.encode(), check=True)


def udp_socket() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def echoed(server: socket.socket, client: socket.socket) -> bool:
    """Whether a question arrived, and its answer came back."""
    try:
        server.sendto(*server.recvfrom(16))
        return client.recv(16) == b"?"
    except TimeoutError:
        return False


def forget_neighbour(ip: IPRoute) -> None:
    with contextlib.suppress(NetlinkError):  # not known yet
        ip.neigh("del", ifindex=ip.link_lookup(ifname="eth0")[0], dst=VIP)


def take_address(lan: Lan, name: str, address: str) -> None:
    lan.link(
        NODE,
        lambda ip: ip.addr("del", index=ip.link_lookup(ifname=name)[0], address=address, prefixlen=24),
    )


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
    replies: list[Ether] = []
    while len(replies) < 10 and (frames := await cluster.neighbour.frames(1, SOON)):
        replies += filter(is_reply, frames)
    replies += filter(is_reply, await cluster.neighbour.frames(10, 0.2))
    return {each.src for each in replies}


def is_reply(frame: Ether) -> bool:
    return frame[ARP].op == 2 and frame.dst != "ff:ff:ff:ff:ff:ff"


async def told_once(cluster: Cluster, reason: str) -> str:
    """The message of the one Event with that reason, once it is there."""
    async with asyncio.timeout(SOON):
        while True:
            events = (await cluster.client.list(EVENTS))["items"]
            messages = [each["message"] for each in events if each["reason"] == reason]
            if messages:
                (message,) = messages
                return str(message)


async def test_one_of_two_interfaces_in_a_lan_answers_and_the_other_after_it(cluster: Cluster) -> None:
    """One MAC, and an Event that names the pool's key; when it leaves, the LAN hears of the other at once."""
    lan = cluster.speakers[NODE].lan
    first, second = (lan.mac(NODE, name).hex(":") for name in ("eth0", "eth1"))
    assert await cluster.announced_by(VIP, SOON) == NODE
    assert await answering(cluster) == {first}
    told = await told_once(cluster, "InterfacesShareLan")
    assert told.startswith("eth0, eth1 are in one LAN")
    assert "`interfaces`" in told
    await says(cluster, 'baremetal_lb_speaker_shared_lan{interface="eth1"} 1.0')

    cluster.neighbour.forget()
    await asyncio.to_thread(set_state, lan, "eth0", "down")
    while (frame := (await cluster.neighbour.frames(1, SOON))[0]).src != second:
        pass  # what the first has said while it went
    assert (frame[ARP].psrc, frame[ARP].pdst) == (VIP, VIP)
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


async def test_what_clients_send_arrives_though_the_reverse_path_is_checked_strictly(
    cluster: Cluster,
) -> None:
    """Ten of ten: what a client learns anew is the MAC of the interface that the node routes by."""
    lan = cluster.speakers[NODE].lan
    own = {"eth0": "192.0.2.1", "eth1": "192.0.2.2"}
    for name, address in own.items():
        await asyncio.to_thread(lan.address, NODE, name, address, 24)
    await asyncio.to_thread(lan.address, "client", "eth0", "192.0.2.100", 24)
    await asyncio.to_thread(setting, lan, "ipv4/conf/all/rp_filter", "1")
    await asyncio.to_thread(lan.run, NODE, lambda: serve_here(own["eth0"]))
    await says(cluster, hindered("noRoute", 1))
    with lan.open(NODE, udp_socket) as server, lan.open("client", udp_socket) as client:
        server.bind(("0.0.0.0", PORT))
        for each in (server, client):
            each.settimeout(MOVE)
        answered = 0
        for _ in range(10):
            await asyncio.to_thread(lan.link, "client", forget_neighbour)
            client.sendto(b"?", (VIP, PORT))
            answered += await asyncio.to_thread(echoed, server, client)
    assert answered == 10
    await asyncio.to_thread(setting, lan, "ipv4/conf/all/rp_filter", "0")
    for name, address in own.items():
        await asyncio.to_thread(take_address, lan, name, address)


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
    (told,) = await client.advertisements(VIP_6, 1, SOON)
    assert told[IPv6].dst == "ff02::1"
    client.forget()
    client.send(asked)
    assert await client.advertisements(VIP_6, 1, SOON)
