"""The MAC in a pattern, and the checksum that follows."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6ND_NS, IPv6
from scapy.layers.l2 import ARP, Ether

from baremetal_lb.wire.patterns import pattern

MACS = st.binary(min_size=6, max_size=6)


@given(MACS)
@example(b"\xff" * 6)
@example(b"\0\0\0\0\0\1")
@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("ndp-reply", ICMPv6ND_NA),
        ("ndp-unsolicited", ICMPv6ND_NA),
        ("ndp-probe", ICMPv6ND_NS),
        ("ndp-question", ICMPv6ND_NS),
    ],
)
def test_the_checksum_is_scapys(name, layer, mac):
    """Whatever the MAC is: it is added up with the rest."""
    frame = pattern(name, mac)
    anew = Ether(frame)
    del anew[layer].cksum
    # One's complement has two zeros (RFC 1071).
    assert {frame[56:58], bytes(anew)[56:58]} in ({frame[56:58]}, {b"\0\0", b"\xff\xff"})
    assert anew.src == mac.hex(":")
    assert anew[IPv6].src == "::"


@given(MACS)
@pytest.mark.parametrize("name", ["arp-reply", "arp-request", "arp-question"])
def test_the_sender_is_the_interface(name, mac):
    """In Ethernet's header and in ARP's."""
    frame = Ether(pattern(name, mac))
    assert (frame.src, frame[ARP].hwsrc) == (mac.hex(":"), mac.hex(":"))


@pytest.mark.parametrize("mac", [b"", b"12345", b"1234567"])
def test_what_is_no_mac(mac):
    """It would shift all that is behind it."""
    with pytest.raises(ValueError, match="an Ethernet MAC has 6 bytes"):
        pattern("arp-reply", mac)
