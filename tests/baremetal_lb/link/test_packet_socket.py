"""The packet socket and its filter, on a real wire."""

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, ICMPv6ND_NA, IPv6
from scapy.layers.l2 import ARP, Dot1Q, Ether

from baremetal_lb.link.batches import Batch
from baremetal_lb.link.packet_socket import NDP
from baremetal_lb.model.interfaces import Interface

pytestmark = pytest.mark.netns
VIP, VIP_6, SLOT = "192.0.2.200", "2001:db8::200", 64
ALL = "ff:ff:ff:ff:ff:ff"


def received(socket, batch: Batch, slot: int = SLOT) -> list[bytes]:
    count = batch.receive(socket.fileno())
    return [bytes(batch.buffer[at * slot : at * slot + batch.sizes[at]]) for at in range(count)]


def test_kernel_passes_requests_for_us_or_for_all_and_nothing_else(wire) -> None:
    """Of everything on the wire only ARP requests that might be answered wake the speaker."""
    socket, client = wire.open_socket(wire.node), wire.client
    to_us = wire.node.mac.hex(":")
    unwanted = [
        client.request(VIP, to="02:00:00:00:00:01"),
        client.request(VIP, to="01:00:5e:00:00:01"),
        Ether(src=client.mac, dst=ALL) / ARP(op="is-at", psrc=VIP, pdst=VIP),
        Ether(src=client.mac, dst=ALL) / ARP(op=1, hwtype=6, pdst=VIP),
        Ether(src=client.mac, dst=ALL) / ARP(op=1, ptype=0x86DD, pdst=VIP),
        Ether(bytes(client.request(VIP))[:40]),
        Ether(src=client.mac, dst=ALL) / Dot1Q(vlan=5) / client.request(VIP)[ARP],
        Ether(src=client.mac, dst=to_us) / IP(dst=VIP) / UDP(dport=53),
    ]
    wanted = [client.request(VIP), client.request(VIP, to=to_us), client.request(VIP, source="0.0.0.0")]
    for frame in [*unwanted, *wanted, *unwanted]:
        client.send(frame)
    assert received(socket, Batch(SLOT, SLOT)) == [bytes(frame) for frame in wanted]
    socket.close()


def test_kernel_passes_solicitations_for_us_or_for_groups_and_nothing_else(wire) -> None:
    """Wrong ones pass, so that they are counted; other ICMPv6, other protocols and other hosts' do not."""
    socket, client = wire.open_socket(wire.node, NDP), wire.client_6
    socket.receive_all_groups(wire.node.index)
    to_us, question = wire.node.mac.hex(":"), client.question(VIP_6)
    routed = client.question(VIP_6)
    routed[IPv6].hlim = 64
    unwanted = [
        client.question(VIP_6, to_mac="02:00:00:00:00:01"),
        Ether(src=client.mac, dst=to_us) / IPv6(dst=VIP_6) / ICMPv6EchoRequest(),
        Ether(src=client.mac, dst=to_us) / IPv6(dst=VIP_6) / UDP(dport=135),
        Ether(src=client.mac, dst=to_us) / IPv6(dst=VIP_6) / ICMPv6ND_NA(tgt=VIP_6),
        Ether(bytes(question)[:77]),
        Ether(bytes(question).replace(b"\x86\xdd\x60", b"\x86\xdd\x40", 1)),
        client.question(VIP_6) / bytes(600),
    ]
    wanted = [question, client.question(VIP_6, to_mac=to_us, option=False), routed]
    for frame in [*unwanted[:-1], *wanted, *unwanted[:-1]]:
        client.send(frame)
    assert received(socket, Batch(512, 512), 512) == [bytes(frame) for frame in wanted]
    client.send(unwanted[-1])
    assert [len(frame) for frame in received(socket, Batch(512, 512), 512)] == [512]
    socket.close()


def test_long_frame_is_cut_to_its_slot_and_the_next_one_is_whole(wire) -> None:
    """Padding, or whatever else follows the ARP packet, stays in the kernel."""
    socket, client = wire.open_socket(wire.node), wire.client
    request = bytes(client.request(VIP))
    for tail in (bytes(1000), b""):
        client.socket.send(request + tail)
    first, second = received(socket, Batch(SLOT, SLOT))
    assert (first, second) == (request + bytes(SLOT - len(request)), request)
    socket.close()


def test_more_requests_than_a_batch_holds_come_in_the_next(wire) -> None:
    """Nothing is lost between two reads, and an empty socket gives zero."""
    socket, batch = wire.open_socket(wire.node), Batch(SLOT, SLOT)
    for number in range(100):
        wire.client.send(wire.client.request(f"192.0.2.{number}"))
    targets = [Ether(frame)[ARP].pdst for _ in range(3) for frame in received(socket, batch)]
    assert targets == [f"192.0.2.{number}" for number in range(100)]
    socket.close()


async def test_frame_sent_arrives_as_it_is(wire) -> None:
    """Gratuitous frames go out whole."""
    socket = wire.open_socket(wire.node)
    frame = bytes(Ether(src=wire.node.mac.hex(":"), dst=ALL) / ARP(psrc=VIP, pdst=VIP))
    assert socket.send(frame)
    assert bytes(await wire.client.next_frame(1)) == frame
    socket.close()


def test_link_that_is_down_loses_frames_and_not_the_socket(wire) -> None:
    """Down and up again: sends fail meanwhile without an error, and requests come in again afterwards."""
    socket, batch = wire.open_socket(wire.node), Batch(SLOT, SLOT)

    def turn(state: str) -> None:
        wire.lan.link("node", lambda ip: ip.link("set", index=ip.link_lookup(ifname="eth0")[0], state=state))

    turn("down")
    assert not socket.send(bytes(60))
    assert batch.receive(socket.fileno()) == 0
    turn("up")
    request = wire.client.request(VIP)
    for _ in range(50):  # the carrier comes back within a moment of its own
        wire.client.send(request)
        if frames := received(socket, batch):
            break
    assert frames == [bytes(request)]
    socket.close()


def test_interface_that_is_not_there_is_an_os_error(wire) -> None:
    """It may go between the look at the interfaces and this call; the caller goes on without it."""
    with pytest.raises(Exception, match="No such device"):
        wire.open_socket(Interface(9, "eth9", wire.node.mac))
