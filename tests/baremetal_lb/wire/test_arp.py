"""ARP frames, read back by scapy."""

from ipaddress import IPv4Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.l2 import ARP, Ether

from baremetal_lb.decide.layer2.responder.arp import FRAME, REPLY_HEAD
from baremetal_lb.wire.arp import frames_from

MAC = bytes.fromhex("0242c0000210")
VIP = IPv4Address("192.0.2.200")
EVERYBODY = "ff:ff:ff:ff:ff:ff"


@given(st.binary(min_size=6, max_size=6), st.ip_addresses(v=4))
def test_gratuitous_frames_say_where_the_address_is_to_everybody(mac: bytes, address: IPv4Address) -> None:
    """A request and a reply, both broadcast; sender and target are the address, as MetalLB has it."""
    for frame, operation in zip(frames_from(mac).gratuitous(address), (1, 2), strict=True):
        assert len(frame) == FRAME
        read = Ether(frame)
        assert (read.dst, read.src, read.type) == (EVERYBODY, mac.hex(":"), 0x0806)
        arp = read[ARP]
        assert (arp.op, arp.hwtype, arp.ptype, arp.hwlen, arp.plen) == (operation, 1, 0x0800, 6, 4)
        assert (arp.hwsrc, arp.psrc) == (mac.hex(":"), str(address))
        assert (arp.hwdst, arp.pdst) == (EVERYBODY, str(address))


def test_prepared_middle_is_what_the_responder_expects() -> None:
    """From the Ethernet source to the sender's IP, 26 bytes."""
    assert frames_from(MAC).reply_middle(VIP) == MAC + REPLY_HEAD + MAC + VIP.packed


def test_frames_are_prepared_once_for_a_mac() -> None:
    """A thousand addresses cost a thousand copies, not a thousand packets built by scapy."""
    assert frames_from(MAC) is frames_from(bytes(MAC))


@pytest.mark.parametrize("mac", [b"", b"12345"])
def test_only_six_bytes_are_a_mac(mac: bytes) -> None:
    """An interface without Ethernet has no frames."""
    with pytest.raises(ValueError, match="6 bytes"):
        frames_from(mac)


@settings(max_examples=25)
@given(st.binary(min_size=6, max_size=6), st.ip_addresses(v=4), st.ip_addresses(v=4))
def test_questions_go_to_everybody_and_a_probe_names_no_sender(mac, address, source) -> None:
    """RFC 826, RFC 5227 1.1: the target's MAC is zero."""
    for frame, said in (
        (frames_from(mac).probe(address), "0.0.0.0"),
        (frames_from(mac).question(address, source), str(source)),
    ):
        seen = Ether(frame)
        assert (seen.dst, seen.src) == ("ff:ff:ff:ff:ff:ff", mac.hex(":"))
        asked = seen[ARP]
        assert (asked.op, asked.hwsrc, asked.psrc) == (1, mac.hex(":"), said)
        assert (asked.hwdst, asked.pdst) == ("00:00:00:00:00:00", str(address))
