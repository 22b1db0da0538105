"""What the demonstration asks on the LAN."""

from __future__ import annotations

import socket

from scapy.layers.l2 import ARP

from testkit.probe import request

MAC = bytes.fromhex("02000000000a")


def test_the_lan_is_asked_as_by_a_host_that_has_an_address():
    """With sender 0.0.0.0 it would be a probe (RFC 5227), and a rival to a speaker that probes just then."""
    asked = ARP(request(MAC, socket.inet_aton("192.168.10.100"), socket.inet_aton("192.168.10.200")))

    assert (asked.op, asked.psrc, asked.pdst) == (1, "192.168.10.100", "192.168.10.200")
    assert (asked.hwsrc, asked.hwdst) == ("02:00:00:00:00:0a", "00:00:00:00:00:00")
