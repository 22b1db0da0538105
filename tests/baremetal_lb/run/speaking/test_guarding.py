"""Somebody else on the LAN has an address of ours: real speakers, and a stranger with a kernel of its own."""

import asyncio
import secrets
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address

import pytest
import pytest_asyncio
from scapy.layers.l2 import ARP, Ether

from baremetal_lb.kube.resources import SECRETS
from baremetal_lb.kube.secrets import KEY_BYTES, MEMBERSHIP, membership_secret
from baremetal_lb.model.objects import ObjectKey
from bench.lan import Lan, NamespaceError
from tests.baremetal_lb.fakes.speakers import MOVE, SYSTEM, Cluster, make_cluster, speaking_cluster
from tests.fakes.neighbour import Neighbour

pytestmark = [pytest.mark.netns, pytest.mark.asyncio(loop_scope="module")]

NODES = {"node-1": "192.0.2.11", "node-2": "192.0.2.12"}
POOLS = """
address-pools:
- {name: lan, protocol: layer2, addresses: [192.0.2.200-192.0.2.250, "2001:db8::200-2001:db8::250"]}
"""
VIP = "192.0.2.200"
OPTIONS = ("--heartbeat-interval", "0.2", "--return-delay", "1", "--gratuitous-interval", "0")
OPTIONS += ("--watchdog-interval", "1")
AGAIN = 8.0  # seconds until an address that was taken is probed again, and some


@pytest.fixture(scope="module")
def lan() -> Iterator[Lan]:
    try:
        made = Lan.of("switch", "client", "stranger", *NODES)
    except NamespaceError as exc:
        pytest.skip(f"no user and network namespaces here: {str(exc).splitlines()[-1]}")
    with made:
        made.bridge("switch", ["client", "stranger", *NODES])
        for node, address in NODES.items():
            made.address(node, "eth0", address, 24)
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(kube_api, lan: Lan, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    """VIP is announced, and was for some seconds."""
    logs = tmp_path_factory.mktemp("speakers")
    async with speaking_cluster(kube_api, lan, logs, tuple(NODES), OPTIONS) as made:
        await make_cluster(made.client, POOLS, dict(NODES))
        secret = membership_secret(ObjectKey(SYSTEM, MEMBERSHIP), secrets.token_bytes(KEY_BYTES))
        await made.client.create(SECRETS, secret)
        await made.service("web", VIP)
        await asyncio.gather(*(speaker.start() for speaker in made.speakers.values()))
        await made.announced_by(VIP)
        yield made


@contextmanager
def stranger_has(lan: Lan, *addresses: str) -> Iterator[str]:
    """The stranger's kernel has them meanwhile; its MAC."""

    def change(command: str) -> None:
        def work(ip) -> None:
            for each in addresses:
                prefix = 24 if ip_address(each).version == 4 else 64
                ip.addr(command, index=ip.link_lookup(ifname="eth0")[0], address=each, prefixlen=prefix)

        lan.link("stranger", work)

    change("add")
    try:
        yield lan.mac("stranger", "eth0").hex(":")
    finally:
        change("del")


async def told(cluster: Cluster, fits: Callable[[dict], bool], within: float = MOVE) -> dict:
    """The line of a log, once there is one that fits; whose it is, is in `by`."""
    async with asyncio.timeout(within):
        while True:
            for name, speaker in cluster.speakers.items():
                for line in speaker.log():
                    if fits(line):
                        return line | {"by": name}
            await asyncio.sleep(0.05)


async def over(cluster: Cluster, address: str, within: float) -> None:
    """Wait until it is said that a conflict or a finding is over."""
    await told(cluster, lambda line: line["event"] == "conflict over" and line["address"] == address, within)


async def test_address_that_somebody_has_is_not_announced_until_it_is_free(cluster, lan) -> None:
    """Neither by ARP nor by NDP; who has it is known by MAC and interface."""
    taken, taken_6 = "192.0.2.210", "2001:db8::210"
    with stranger_has(lan, taken, taken_6) as mac:
        await cluster.service("taken", taken)
        await cluster.service("taken-6", taken_6)
        for address in (taken, taken_6):
            line = await told(
                cluster, lambda line, its=address: line["event"] == "conflict" and line["address"] == its
            )
            assert (line["what"], line["announced"]) == (f"{mac} has it on eth0", False)
        assert await cluster.neighbour.who_has(taken) == mac
        assert await cluster.solicitor.who_has(taken_6) == mac
        metrics = await cluster.speakers[line["by"]].asked("/metrics")
        assert 'baremetal_lb_speaker_conflicts_total{kind="inUse"}' in metrics
        assert f'ip="{taken_6}"' not in metrics
    for address in (taken, taken_6):
        await over(cluster, address, AGAIN)
    assert await cluster.announced_by(taken) in NODES
    mac_6 = await cluster.solicitor.who_has(taken_6, 2)
    assert cluster.owner_of(mac_6)


async def test_claim_on_an_announced_address_is_answered_once_however_often_it_comes(cluster, lan) -> None:
    """RFC 5227 2.4 (c): one announcement in ten seconds; the address stays where it is."""
    owner = await cluster.announced_by(VIP)
    await asyncio.sleep(5)  # its own announcements are over
    stranger = Neighbour(lan, "stranger")
    claim = Ether(src=stranger.mac, dst="ff:ff:ff:ff:ff:ff") / ARP(
        op=2, hwsrc=stranger.mac, psrc=VIP, hwdst="ff:ff:ff:ff:ff:ff", pdst=VIP
    )
    seen = Neighbour(lan, "client")
    sent, start = 0, time.monotonic()
    while (now := time.monotonic()) < start + 2:
        while sent < (now - start) * 1000:
            stranger.send(claim)
            sent += 1
        await asyncio.sleep(0.005)
    stranger.close()
    frames = [each for each in await seen.frames(sent + 100, 1) if each.src == cluster.macs[owner]]
    seen.close()
    defences = [each for each in frames if each[ARP].psrc == VIP]
    assert [(each.dst, each[ARP].op, each[ARP].pdst) for each in defences] == [("ff:ff:ff:ff:ff:ff", 1, VIP)]
    assert sent > 1900
    line = await told(cluster, lambda line: line["event"] == "conflict" and line["address"] == VIP)
    assert (line["by"], line["announced"]) == (owner, True)
    assert line["what"] == f"{stranger.mac} claims it on eth0"
    told_often = [each for each in cluster.speakers[owner].log() if each.get("address") == VIP]
    assert len(told_often) == 1
    assert await cluster.neighbour.who_has(VIP) == cluster.macs[owner]


async def test_watchdog_finds_that_an_owner_does_not_answer(cluster, lan) -> None:
    """The switch loses its answers: the other speaker says so, and when it is well again."""
    address = "192.0.2.220"
    await cluster.service("mute", address)
    owner = await cluster.announced_by(address)
    hook = f'type filter hook ingress device "to-{owner}" priority 0; arp operation reply drop;'
    nft(lan, f"table netdev lost {{ chain answers {{ {hook} }};}}")
    line = await told(cluster, finding(address), 15)
    assert (line["what"], line["by"] == owner) == (
        f"nobody answers for {address}, which {owner} announces",
        False,
    )
    metrics = await cluster.speakers[line["by"]].asked("/metrics")
    assert 'baremetal_lb_speaker_watchdog_findings{kind="silent"}' in metrics
    nft(lan, "delete table netdev lost")
    await over(cluster, address, MOVE)


async def test_watchdog_finds_that_another_machine_answers(cluster, lan) -> None:
    """A host that got the address later and said nothing: clients would get either."""
    address = "192.0.2.221"
    await cluster.service("two", address)
    owner = await cluster.announced_by(address)
    with stranger_has(lan, address) as mac:
        line = await told(cluster, finding(address), 15)
        assert line["what"] == f"{mac} on eth0 answers for {address}, which {owner} announces"
    await over(cluster, address, MOVE)


def finding(address: str) -> Callable[[dict], bool]:
    return lambda line: line["event"] == "not answered as it should be" and line["address"] == address


def nft(lan: Lan, rules: str) -> None:
    """On the switch."""
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True, preexec_fn=lan.enter("switch"))


async def test_failover_between_speakers_is_not_probed(cluster, lan) -> None:
    """The address has been ours all along: its new owner tells of it at once."""
    address = "192.0.2.230"
    await cluster.service("moves", address)
    first = await cluster.announced_by(address)
    await asyncio.sleep(2)
    seen = Neighbour(lan, "client")
    assert await cluster.speakers[first].stop() == 0
    second = next(each for each in NODES if each != first)
    assert await cluster.neighbour.sees_owner(address, cluster.macs[second], MOVE)
    frames = [each for each in await seen.frames(1000, 1) if each[ARP].pdst == address]
    assert [each[ARP].op for each in frames if each.src == cluster.macs[second] and each[ARP].op == 1]
    assert not [each for each in frames if each[ARP].psrc == "0.0.0.0"]
    seen.close()
    await cluster.speakers[first].start()
