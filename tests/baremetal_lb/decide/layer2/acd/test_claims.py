"""What frames claim; scapy builds them, and hypothesis whatever nobody should send."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet6 import (
    ICMPv6EchoRequest,
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptSrcLLAddr,
    IPv6,
)
from scapy.layers.l2 import ARP, Ether

from baremetal_lb.decide.layer2.acd.claims import Claim, read_arp, read_ndp
from baremetal_lb.model.conflicts import Unheeded

VIP, VIP_6 = ip_address("192.0.2.200"), ip_address("2001:db8::200")
MAC, OTHER_MAC = "02:42:c0:00:02:63", "02:42:c0:00:02:64"
RAW, OTHER_RAW = bytes.fromhex(MAC.replace(":", "")), bytes.fromhex(OTHER_MAC.replace(":", ""))


def arp(**fields) -> bytes:
    values = {"op": 1, "hwsrc": MAC, "psrc": str(VIP), "pdst": "192.0.2.1", **fields}
    return bytes(Ether(src=OTHER_MAC, dst="ff:ff:ff:ff:ff:ff") / ARP(**values))


def na(*options, tgt: str = str(VIP_6), hlim: int = 255, **fields) -> bytes:
    frame = Ether(src=MAC, dst="33:33:00:00:00:01") / IPv6(src="fe80::1", dst="ff02::1", hlim=hlim)
    frame /= ICMPv6ND_NA(tgt=tgt, **fields)
    for each in options:
        frame /= each
    return bytes(frame)


def ns(source: str = "::") -> bytes:
    frame = Ether(src=MAC, dst="33:33:ff:00:02:00") / IPv6(src=source, dst="ff02::1:ff00:200", hlim=255)
    return bytes(frame / ICMPv6ND_NS(tgt=str(VIP_6)))


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        pytest.param(arp(), Claim(VIP, RAW), id="request-from-it"),
        pytest.param(arp(pdst=str(VIP)), Claim(VIP, RAW), id="gratuitous-request"),
        pytest.param(arp(op=2), Claim(VIP, RAW, reply=True), id="reply"),
        pytest.param(arp(psrc="0.0.0.0", pdst=str(VIP)), Claim(VIP, RAW, probe=True), id="probe"),
        pytest.param(arp(psrc="0.0.0.0", op=2), Unheeded.MALFORMED, id="reply-from-nowhere"),
        pytest.param(arp(op=3), Unheeded.MALFORMED, id="operation"),
        pytest.param(arp(hwtype=6), Unheeded.MALFORMED, id="not-ethernet"),
        pytest.param(arp(hwsrc="01:00:5e:00:00:01"), Unheeded.MALFORMED, id="group-as-sender"),
        pytest.param(arp(hwsrc="00:00:00:00:00:00"), Unheeded.MALFORMED, id="no-mac"),
        pytest.param(arp()[:41], Unheeded.MALFORMED, id="short"),
        pytest.param(arp() + bytes(18), Claim(VIP, RAW), id="padded"),
    ],
)
def test_arp(frame: bytes, said) -> None:
    """The sender hardware address counts, not the Ethernet source (RFC 5227 2.4)."""
    assert read_arp(frame) == said


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        pytest.param(na(), Claim(VIP_6, RAW, reply=True), id="advertisement"),
        pytest.param(
            na(ICMPv6NDOptDstLLAddr(lladdr=OTHER_MAC)), Claim(VIP_6, OTHER_RAW, reply=True), id="with-option"
        ),
        pytest.param(
            na(ICMPv6NDOptSrcLLAddr(lladdr=OTHER_MAC)), Claim(VIP_6, RAW, reply=True), id="other-option"
        ),
        pytest.param(
            na(ICMPv6NDOptDstLLAddr(lladdr="33:33:00:00:00:01")), Unheeded.MALFORMED, id="group-in-option"
        ),
        pytest.param(na(ICMPv6NDOptDstLLAddr(len=0)), Unheeded.MALFORMED, id="empty-option"),
        pytest.param(na(ICMPv6NDOptDstLLAddr(len=9)), Unheeded.MALFORMED, id="overlong-option"),
        pytest.param(na(tgt="ff02::1"), Unheeded.MALFORMED, id="group-as-target"),
        pytest.param(na(hlim=64), Unheeded.HOP_LIMIT, id="from-beyond-the-link"),
        pytest.param(na(cksum=1), Unheeded.CHECKSUM, id="checksum"),
        pytest.param(na(code=1), Unheeded.NOT_A_CLAIM, id="code"),
        pytest.param(na()[:77], Unheeded.MALFORMED, id="cut-short"),
        pytest.param(ns(), Claim(VIP_6, RAW, probe=True), id="duplicate-address-detection"),
        pytest.param(ns("fe80::1"), Unheeded.NOT_A_CLAIM, id="question"),
        pytest.param(
            bytes(Ether(src=MAC) / IPv6(dst="ff02::1", hlim=255) / ICMPv6EchoRequest(data=bytes(40))),
            Unheeded.NOT_A_CLAIM,
            id="echo",
        ),
        pytest.param(
            bytes(Ether(src=MAC) / IPv6(dst="ff02::1", nh=17) / bytes(40)), Unheeded.MALFORMED, id="udp"
        ),
    ],
)
def test_ndp(frame: bytes, said) -> None:
    """RFC 4861 7.1.2, RFC 4862 5.4."""
    assert read_ndp(frame) == said


FRAMES = st.sampled_from([arp(), arp(op=2), na(), na(ICMPv6NDOptDstLLAddr(lladdr=MAC)), ns()])


@given(st.one_of(st.binary(max_size=300), FRAMES), st.integers(0, 120), st.binary(max_size=40))
def test_any_bytes_are_a_claim_of_some_host_or_have_a_reason(frame, at, noise) -> None:
    """Nothing raises, nothing is read beyond the frame, and no group or absent MAC is taken for a host."""
    spoilt = frame[:at] + noise + frame[at + len(noise) :]
    for read in (read_arp, read_ndp):
        for each in (spoilt, spoilt[:at]):
            said = read(each)
            if isinstance(said, Claim):
                assert len(said.mac) == 6
                assert any(said.mac)
                assert not said.mac[0] & 1
            else:
                assert said in Unheeded
