"""Claims on a real wire: heard, and little else; questions about them, read by scapy."""

import asyncio
import errno
import time
from dataclasses import replace
from ipaddress import ip_address

import pytest
from scapy.layers.inet6 import (
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptSrcLLAddr,
    IPv6,
    in6_chksum,
)
from scapy.layers.l2 import ARP, Ether

from baremetal_lb.decide.layer2.acd.claims import Claim
from baremetal_lb.link.conflict_listener import MOST, WINDOW, ConflictListener
from baremetal_lb.model.addresses import AddressRange
from baremetal_lb.model.conflicts import Unheeded
from tests.fakes.solicitor import group_of

pytestmark = pytest.mark.netns
VIP, VIP_6 = ip_address("192.0.2.200"), ip_address("2001:db8::200")
ALL, ALL_NODES = "ff:ff:ff:ff:ff:ff", "33:33:00:00:00:01"


class Heard:
    """What was overheard, and a way to wait for it."""

    def __init__(self) -> None:
        self.claims: list[Claim] = []
        self.news = asyncio.Event()

    def __call__(self, claim: Claim, interface: str) -> None:
        assert interface == "eth0"
        self.claims.append(claim)
        self.news.set()

    async def count(self, number: int) -> list[Claim]:
        async with asyncio.timeout(60):
            while len(self.claims) < number:
                self.news.clear()
                await self.news.wait()
        return self.claims


@pytest.fixture
async def ears(wire):
    made = ConflictListener(Heard(), lambda _address, _interface: True, wire.sockets)
    made.heed([AddressRange(VIP, VIP), AddressRange(VIP_6, VIP_6)])
    made.fit([wire.node])
    yield made
    made.close()


def claim_of(mac: str, address=VIP, **how: bool) -> Claim:
    return Claim(address, bytes.fromhex(mac.replace(":", "")), **how)


def advertisement(mac: str, target=VIP_6, **fields) -> Ether:
    head = Ether(src=mac, dst=ALL_NODES) / IPv6(src=str(target), dst="ff02::1", hlim=255, **fields)
    return head / ICMPv6ND_NA(tgt=str(target)) / ICMPv6NDOptDstLLAddr(lladdr=mac)


async def test_claims_on_what_is_heeded_are_heard_and_ordinary_chatter_is_not(wire, ears) -> None:
    """Requests and replies from the address, probes for it; advertisements, and IPv6's probes."""
    client, mac = wire.client, wire.client.mac
    ears.probe(VIP_6)  # joins its group
    chatter = [
        client.request(str(VIP)),
        client.request("192.0.2.1", source="192.0.2.7"),
        client.request("192.0.2.7", source="0.0.0.0"),
        Ether(src=mac, dst=ALL) / ARP(op=2, hwsrc=mac, psrc="192.0.2.201"),
        Ether(src=mac, dst="02:00:00:00:00:77") / ARP(op=2, hwsrc=mac, psrc=str(VIP)),
    ]
    claims = [
        client.request("192.0.2.1", source=str(VIP)),
        Ether(src=mac, dst=wire.node.mac.hex(":")) / ARP(op=2, hwsrc=mac, psrc=str(VIP)),
        client.request(str(VIP), source="0.0.0.0"),
    ]
    for frame in [*chatter, *claims, *chatter]:
        client.send(frame)
    asks, mac_6 = wire.client_6, wire.client_6.mac
    asks.send(asks.question(str(VIP_6)))
    asks.send(advertisement(mac_6, VIP_6 + 1))
    asks.send(advertisement(mac_6))
    asks.send(asks.question(str(VIP_6), source="::", option=False))
    heard = await ears.on_claim.count(5)
    assert sorted(heard, key=str) == sorted(
        [
            claim_of(mac),
            claim_of(mac, reply=True),
            claim_of(mac, probe=True),
            claim_of(mac_6, VIP_6, reply=True),
            claim_of(mac_6, VIP_6, probe=True),
        ],
        key=str,
    )
    assert not any(ears.unheeded.values())


async def test_what_is_heeded_may_change_at_any_time(wire, ears) -> None:
    """The kernel's filter is replaced; an interface that comes later gets the same."""
    client = wire.client
    ears.heed([AddressRange(VIP + 1, VIP + 1)])
    client.send(client.request("192.0.2.1", source=str(VIP)))
    client.send(client.request("192.0.2.1", source=str(VIP + 1)))
    assert [each.address for each in await ears.on_claim.count(1)] == [VIP + 1]
    ears.fit([])
    ears.fit([wire.node])
    client.send(client.request("192.0.2.1", source=str(VIP)))
    client.send(client.request("192.0.2.1", source=str(VIP + 1)))
    assert [each.address for each in await ears.on_claim.count(2)] == [VIP + 1] * 2


async def test_broken_frames_are_counted_by_reason(wire, ears) -> None:
    """They pass the kernel's filter, and are read with care."""
    client, asks = wire.client, wire.client_6
    client.send(Ether(src=client.mac, dst=ALL) / ARP(op=9, psrc=str(VIP)))
    routed = advertisement(asks.mac)
    routed[IPv6].hlim = 64
    asks.send(routed)
    spoilt = advertisement(asks.mac)
    spoilt[ICMPv6ND_NA].cksum = 1
    asks.send(spoilt)
    asks.send(advertisement(asks.mac))
    client.send(client.request("192.0.2.1", source=str(VIP)))
    assert len(await ears.on_claim.count(2)) == 2
    counts = {why: count for why, count in ears.unheeded.items() if count}
    assert counts == {Unheeded.MALFORMED: 1, Unheeded.HOP_LIMIT: 1, Unheeded.CHECKSUM: 1}


async def test_flood_is_read_in_sips_and_the_rest_is_dropped_and_counted(wire, ears) -> None:
    """However many come, the loop serves others meanwhile."""
    frame = bytes(wire.client.request("192.0.2.1", source=str(VIP)))
    loop, longest, sent = asyncio.get_running_loop(), 0.0, 0
    start, before = loop.time(), time.thread_time()  # how long others wait for us, not for another process
    while loop.time() < start + 10 * WINDOW or not ears.unheeded[Unheeded.TOO_MANY]:
        for _ in range(1000):
            sent += wire.client.socket.send(frame) > 0
        await asyncio.sleep(0)
        longest, before = max(longest, time.thread_time() - before), time.thread_time()
    passed = loop.time() - start
    heard = len(ears.on_claim.claims)
    assert sent > 2 * heard
    assert heard <= (passed / WINDOW + 1) * (MOST + 64)
    await asyncio.sleep(2 * WINDOW)
    wire.client.send(wire.client.request("192.0.2.1", source=str(VIP)))
    await ears.on_claim.count(heard + 1)
    assert longest < 0.2


async def test_probes_questions_and_defences_are_as_the_standards_have_them(wire, ears) -> None:
    """RFC 5227 for ARP: a probe changes nobody's table; RFC 4862 and 4861 for IPv6."""
    mac, client, asks = wire.node.mac.hex(":"), wire.client, wire.client_6
    assert [ears.probe(VIP), ears.defend(VIP)] == [1, 1]
    probe, defence = await client.frames(2, 1)
    assert (probe.dst, probe.src, probe[ARP].op, probe[ARP].hwsrc) == (ALL, mac, 1, mac)
    assert (probe[ARP].psrc, probe[ARP].pdst) == ("0.0.0.0", str(VIP))
    assert probe[ARP].hwdst == "00:00:00:00:00:00"
    assert (defence.dst, defence[ARP].op, defence[ARP].hwsrc) == (ALL, 1, mac)
    assert (defence[ARP].psrc, defence[ARP].pdst) == (str(VIP), str(VIP))
    group, group_mac = group_of(str(VIP_6))
    asks.forget()
    assert [ears.probe(VIP_6), ears.defend(VIP_6)] == [1, 1]
    probe = await asked(asks)
    assert (probe.dst, probe.src, probe[IPv6].src, probe[IPv6].dst) == (group_mac, mac, "::", group)
    assert (probe[IPv6].hlim, probe[ICMPv6ND_NS].tgt) == (255, str(VIP_6))
    assert ICMPv6NDOptSrcLLAddr not in probe
    (defence,) = await asks.advertisements(str(VIP_6), 1, 1)
    assert (defence.dst, defence[ICMPv6ND_NA].O, defence[ICMPv6ND_NA].S) == (ALL_NODES, 1, 0)


async def asked(asks) -> Ether:
    """The next solicitation for the address."""
    async with asyncio.timeout(60):
        while frame := await asks.next_frame(30):
            if ICMPv6ND_NS in frame and frame[ICMPv6ND_NS].tgt == str(VIP_6):
                assert in6_chksum(58, frame[IPv6], bytes(frame[IPv6].payload)) == 0
                return frame
    raise AssertionError


async def test_questions_come_from_our_own_address_where_there_is_one(wire, ears) -> None:
    """As any client asks; else as a probe."""
    assert ears.ask(VIP) == 1
    (question,) = await wire.client.frames(1, 1)
    assert question[ARP].psrc == "0.0.0.0"
    wire.lan.address("node", "eth0", "192.0.2.10", 24)
    assert ears.ask(VIP) == 1
    (question,) = await wire.client.frames(1, 1)
    assert (question[ARP].psrc, question[ARP].pdst, question[ARP].op) == ("192.0.2.10", str(VIP), 1)
    wire.client_6.forget()
    assert ears.ask(VIP_6) == 1
    question = await asked(wire.client_6)
    assert question[IPv6].src.startswith("fe80::")
    assert question[ICMPv6NDOptSrcLLAddr].lladdr == wire.node.mac.hex(":")


async def test_nothing_is_sent_where_the_address_is_not_announced(wire, ears) -> None:
    """A pool may name its interfaces."""
    ears.reaches = lambda _address, interface: interface == "eth1"
    assert [ears.probe(VIP), ears.ask(VIP), ears.defend(VIP)] == [0, 0, 0]


async def test_group_is_left_when_the_address_is_not_probed_any_more(wire, ears) -> None:
    """Probes of others are heard only while they matter."""
    ears.probe(VIP_6)
    ears.probe(VIP_6)
    ears.forget([VIP_6, VIP])
    ears.forget([VIP_6])
    probe = wire.client_6.question(str(VIP_6), source="::", option=False)
    wire.client_6.send(probe)
    wire.client_6.send(advertisement(wire.client_6.mac))
    assert [each.reply for each in await ears.on_claim.count(1)][-1]


async def test_interface_that_is_gone_is_left_alone(wire, ears) -> None:
    """The next look at the interfaces says what is there."""
    wire.lan.link("node", lambda ip: ip.link("del", ifname="eth0"))
    assert ears.probe(VIP) == 0
    ears.fit([])

    def gone(_interface, _wanted):
        raise OSError(errno.ENODEV, "No such device")

    ears.sockets = replace(wire.sockets, packets=gone)
    ears.fit([wire.node])
    assert ears.probe(VIP) == 0
