"""Neighbour advertisements, read back by scapy."""

from ipaddress import IPv6Address
from socket import AF_INET6, inet_ntop

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet6 import (
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptSrcLLAddr,
    IPv6,
    in6_chksum,
)
from scapy.layers.l2 import Ether

from baremetal_lb.decide.layer2.responder.ndp import FRAME
from baremetal_lb.wire.ndp import frames_from

MAC = bytes.fromhex("0242c0000210")
MACS = st.binary(min_size=6, max_size=6)


def read(frame: bytes) -> Ether:
    assert len(frame) == FRAME
    seen = Ether(frame)
    assert in6_chksum(58, seen[IPv6], bytes(seen[IPv6].payload)) == 0
    return seen


def text(address: IPv6Address) -> str:
    """As scapy spells it: with mapped IPv4 addresses in dots."""
    return inet_ntop(AF_INET6, address.packed)


@settings(max_examples=25)  # scapy reads slowly
@given(MACS, st.ip_addresses(v=6))
def test_unsolicited_advertisement_tells_all_nodes_where_the_address_is(mac, address: IPv6Address) -> None:
    """RFC 4861 7.2.6: to ff02::1 from the address, Solicited 0, Override 1, no router, hop limit 255."""
    seen = read(frames_from(mac).unsolicited(address))
    assert (seen.dst, seen.src, seen.type) == ("33:33:00:00:00:01", mac.hex(":"), 0x86DD)
    ipv6, said = seen[IPv6], seen[ICMPv6ND_NA]
    assert (ipv6.src, ipv6.dst, ipv6.hlim, ipv6.plen) == (text(address), "ff02::1", 255, 32)
    assert (said.R, said.S, said.O, said.tgt, said.code, said.res) == (0, 0, 1, text(address), 0, 0)
    assert seen[ICMPv6NDOptDstLLAddr].lladdr == mac.hex(":")


@settings(max_examples=25)  # scapy reads slowly
@given(MACS, st.ip_addresses(v=6))
def test_reply_is_solicited_and_lacks_only_whom_it_goes_to(mac, address: IPv6Address) -> None:
    """RFC 4861 7.2.4: Solicited and Override 1."""
    seen = read(frames_from(mac).reply(address))
    assert (seen.dst, seen.src, seen[IPv6].dst) == ("00:00:00:00:00:00", mac.hex(":"), "::")
    said = seen[ICMPv6ND_NA]
    assert (seen[IPv6].src, said.R, said.S, said.O, said.tgt) == (text(address), 0, 1, 1, text(address))
    assert seen[ICMPv6NDOptDstLLAddr].lladdr == mac.hex(":")


def test_frames_are_prepared_once_for_a_mac() -> None:
    """A thousand addresses cost a thousand copies, not a thousand packets built by scapy."""
    assert frames_from(MAC) is frames_from(bytes(MAC))


@pytest.mark.parametrize("mac", [b"", b"12345"])
def test_only_six_bytes_are_a_mac(mac: bytes) -> None:
    """An interface without Ethernet has no frames."""
    with pytest.raises(ValueError, match="6 bytes"):
        frames_from(mac)


@settings(max_examples=25)
@given(MACS, st.ip_addresses(v=6), st.ip_addresses(v=6))
def test_questions_go_to_the_targets_group_and_a_probe_has_no_source(mac, address, source) -> None:
    """RFC 4862 5.4.2: from :: and without options; RFC 4861 7.2.2: from a host, with its MAC."""
    frames = frames_from(mac)
    tail = address.packed[13:]
    group = text(IPv6Address(bytes.fromhex("ff0200000000000000000001ff") + tail))
    for frame, said, with_option in (
        (frames.probe(address), "::", False),
        (frames.question(address, source), text(source), True),
    ):
        seen = Ether(frame)
        assert in6_chksum(58, seen[IPv6], bytes(seen[IPv6].payload)) == 0
        assert (seen.dst, seen.src) == (f"33:33:ff:{tail.hex(':')}", mac.hex(":"))
        assert (seen[IPv6].src, seen[IPv6].dst, seen[IPv6].hlim) == (said, group, 255)
        assert seen[ICMPv6ND_NS].tgt == text(address)
        assert (ICMPv6NDOptSrcLLAddr in seen) is with_option
        assert not with_option or seen[ICMPv6NDOptSrcLLAddr].lladdr == mac.hex(":")
