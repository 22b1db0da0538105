"""Somebody else on the LAN has an address of ours: real speakers, and a stranger with a kernel of its own."""

import asyncio
import secrets
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_address

import pytest
import pytest_asyncio
from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6NDOptDstLLAddr, IPv6
from scapy.layers.l2 import ARP, Ether

from baremetal_lb.kube.resources import SECRETS
from baremetal_lb.kube.secrets import KEY_BYTES, MEMBERSHIP, membership_secret
from baremetal_lb.model.objects import ObjectKey
from testkit.lan import Lan, NamespaceError
from tests.baremetal_lb.fakes.speakers import MOVE, SYSTEM, Cluster, make_cluster, speaking_cluster
from tests.fakes.neighbour import Neighbour
from tests.fakes.solicitor import Solicitor

pytestmark = [pytest.mark.netns, pytest.mark.asyncio(loop_scope="module")]

NODES = {"node-1": "192.0.2.11", "node-2": "192.0.2.12"}
POOLS = """
address-pools:
- {name: lan, protocol: layer2, addresses: [192.0.2.200-192.0.2.250, "2001:db8::200-2001:db8::250"]}
"""
VIP, VIP_6 = "192.0.2.200", "2001:db8::200"
MUTE, TWO, MOVES, SPLIT = (f"192.0.2.{number}" for number in range(201, 205))
OPTIONS = ("--heartbeat-interval", "0.2", "--return-delay", "1", "--gratuitous-interval", "0")
OPTIONS += ("--watchdog-interval", "1")
ALL = "ff:ff:ff:ff:ff:ff"
LONG = 60.0  # seconds at most, for what takes some: the watchdog, a pause before an address is probed again


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
        for number, address in enumerate((VIP, VIP_6, MUTE, TWO, MOVES, SPLIT)):
            await made.service(f"web-{number}", address)
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


@contextmanager
def speaking(lan: Lan, host: str = "stranger") -> Iterator[Neighbour]:
    """Frames of ARP from the stranger, or to whoever else."""
    made = Neighbour(lan, host)
    try:
        yield made
    finally:
        made.close()


@contextmanager
def speaking_6(lan: Lan) -> Iterator[Solicitor]:
    made = Solicitor(lan, "stranger")
    try:
        yield made
    finally:
        made.close()


async def repeat(act: Callable[[], object], rate: int, seconds: float) -> int:
    """So many times a second; how often in all."""
    done, start = 0, time.monotonic()
    while (now := time.monotonic()) < start + seconds:
        while done < (now - start) * rate:
            act()
            done += 1
        await asyncio.sleep(0.005)
    return done


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
    await told(
        cluster, lambda line: line["event"] == "conflict resolved" and line["address"] == address, within
    )


async def test_address_that_somebody_has_is_not_announced_until_it_is_free(cluster, lan) -> None:
    """Neither by ARP nor by NDP; who has it, or wants it, is known by MAC and interface."""
    taken, taken_6, wanted = "192.0.2.210", "2001:db8::210", "192.0.2.211"
    with stranger_has(lan, taken, taken_6) as mac, speaking(lan) as stranger:
        await cluster.service("taken", taken)
        await cluster.service("taken-6", taken_6)
        for address in (taken, taken_6):
            line = await told(cluster, conflict(address))
            assert (line["what"], line["announced"]) == (f"{mac} has it on eth0", False)
        assert await cluster.neighbour.who_has(taken) == mac
        await cluster.service("wanted", wanted)
        probing = asyncio.ensure_future(
            repeat(lambda: stranger.send(stranger.request(wanted, "0.0.0.0")), 20, 3)
        )
        line = await told(cluster, conflict(wanted))
        assert line["what"] == f"{mac} is probing for it, too, on eth0"
        probing.cancel()
        assert await cluster.solicitor.who_has(taken_6) == mac
        metrics = await cluster.speakers[line["by"]].asked("/metrics")
        assert 'baremetal_lb_speaker_conflicts_total{kind="inUse"}' in metrics
        assert f'ip="{taken_6}"' not in metrics
    for address in (taken, taken_6, wanted):
        await over(cluster, address, LONG)
    assert await cluster.announced_by(taken) in NODES
    assert await cluster.announced_by(wanted) in NODES
    mac_6 = await cluster.solicitor.who_has(taken_6)
    assert cluster.owner_of(mac_6)


async def test_claims_on_announced_addresses_are_answered_once_however_often_they_come(cluster, lan) -> None:
    """RFC 5227 2.4 (c): one announcement in ten seconds; the addresses stay where they are."""
    owner = await cluster.announced_by(VIP)
    owner_6 = cluster.owner_of(await cluster.solicitor.who_has(VIP_6))
    await asyncio.sleep(5)  # their own announcements are over
    with speaking(lan) as stranger, speaking_6(lan) as stranger_6, speaking(lan, "client") as seen:
        claim = Ether(src=stranger.mac, dst=ALL) / ARP(
            op=2, hwsrc=stranger.mac, psrc=VIP, hwdst=ALL, pdst=VIP
        )
        claim_6 = bytes(
            Ether(src=stranger.mac, dst="33:33:00:00:00:01")
            / IPv6(src=VIP_6, dst="ff02::1", hlim=255)
            / ICMPv6ND_NA(tgt=VIP_6)
            / ICMPv6NDOptDstLLAddr(lladdr=stranger.mac)
        )
        cluster.solicitor.forget()
        both = (
            repeat(lambda: stranger.send(claim), 1000, 2),
            repeat(lambda: stranger_6.socket.send(claim_6), 100, 2),
        )
        sent, _ = await asyncio.gather(*both)
        frames = await seen.frames(sent + 100, 0.5)
        told_6 = await cluster.solicitor.advertisements(VIP_6, 1000, 0.5)
    defences = [each for each in frames if each[ARP].psrc == VIP and each.src == cluster.macs[owner]]
    assert [(each.dst, each[ARP].op, each[ARP].pdst) for each in defences] == [(ALL, 1, VIP)]
    assert len([each for each in told_6 if each.src == cluster.macs[owner_6]]) == 1
    assert sent > 20  # as fast as the machine is: many more than are answered
    for address, by in ((VIP, owner), (VIP_6, owner_6)):
        line = await told(cluster, conflict(address))
        assert (line["by"], line["announced"]) == (by, True)
        assert line["what"] == f"{stranger.mac} claims it on eth0"
        assert len([each for each in cluster.speakers[by].log() if each.get("address") == address]) == 1
    assert await cluster.neighbour.who_has(VIP) == cluster.macs[owner]


async def test_watchdog_finds_that_an_owner_does_not_answer(cluster, lan) -> None:
    """The switch loses its answers: the other speaker says so, and when it is well again."""
    owner = await cluster.announced_by(MUTE)
    hook = f'type filter hook ingress device "to-{owner}" priority 0; arp saddr ip {MUTE} drop;'
    nft(lan, f"table netdev lost {{ chain answers {{ {hook} }};}}")
    line = await told(cluster, finding(MUTE), LONG)
    assert (line["what"], line["by"] == owner) == (
        f"nobody answers for {MUTE}, which {owner} announces",
        False,
    )
    metrics = await cluster.speakers[line["by"]].asked("/metrics")
    assert 'baremetal_lb_speaker_watchdog_findings{kind="silent"}' in metrics
    nft(lan, "delete table netdev lost")
    await over(cluster, MUTE, MOVE)


async def test_watchdog_finds_that_another_machine_answers(cluster, lan) -> None:
    """A host that got the address later and said nothing: clients would get either."""
    owner = await cluster.announced_by(TWO)
    with stranger_has(lan, TWO) as mac:
        line = await told(cluster, finding(TWO), LONG)
        assert line["what"] == f"{mac} on eth0 answers for {TWO}, which {owner} announces"
    await over(cluster, TWO, MOVE)


def conflict(address: str) -> Callable[[dict], bool]:
    return lambda line: line["event"] == "conflict" and line["address"] == address


def finding(address: str) -> Callable[[dict], bool]:
    return lambda line: line["event"] == "address not answered as expected" and line["address"] == address


def nft(lan: Lan, rules: str) -> None:
    """On the switch."""
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True, preexec_fn=lan.enter("switch"))


async def test_failover_between_speakers_is_not_probed(cluster, lan) -> None:
    """The address has been ours all along: its new owner tells of it at once."""
    first = await cluster.announced_by(MOVES)
    second = next(each for each in NODES if each != first)
    with speaking(lan, "client") as seen:
        assert await cluster.speakers[first].stop() == 0
        assert await cluster.neighbour.sees_owner(MOVES, cluster.macs[second], MOVE)
        frames = [each for each in await seen.frames(1000, 1) if each[ARP].pdst == MOVES]
    assert [each[ARP].op for each in frames if each.src == cluster.macs[second] and each[ARP].op == 1]
    assert not [each for each in frames if each[ARP].psrc == "0.0.0.0"]
    await cluster.speakers[first].start()


async def test_two_speakers_that_do_not_hear_each_other_notice_and_make_peace(cluster, lan) -> None:
    """Heartbeats are lost, the LAN is not: both announce, and say so; when they hear again, one stops."""
    owner = await cluster.announced_by(SPLIT)
    other = next(each for each in NODES if each != owner)
    hook = f'type filter hook ingress device "to-{owner}" priority 0; udp dport 7947 drop;'
    nft(lan, f"table netdev parted {{ chain beats {{ {hook} }};}}")
    # The other hears the owner's answer, and may say so first.
    line = await told(replace(cluster, speakers={owner: cluster.speakers[owner]}), conflict(SPLIT), LONG)
    assert line["what"] == f"{other} ({cluster.macs[other]}) announces it as well on eth0"
    assert (line["by"], line["announced"]) == (owner, True)
    nft(lan, "delete table netdev parted")
    for speaker in cluster.speakers.values():
        line = await told(
            replace(cluster, speakers={speaker.node: speaker}),
            lambda line: line["event"] == "announced on both sides of a partition",
        )
        assert line["kept"] or line["lost"]
    assert await cluster.neighbour.who_has(SPLIT) == cluster.macs[owner]
