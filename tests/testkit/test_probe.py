"""What is asked on the LAN, and what a foreign host answers there."""

from __future__ import annotations

import socket

import pytest
from scapy.layers.l2 import ARP

from testkit.probe import interface_to, reply, request

MAC = bytes.fromhex("02000000000a")
TABLE = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010AA8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth1\t000AA8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
"""
THEIRS = b"\x04" * 6
ADDRESS = socket.inet_aton("192.168.10.7")
ETHERNET = b"\xff" * 6 + THEIRS + b"\x08\x06"


def test_the_lan_is_asked_as_by_a_host_that_has_an_address():
    """With sender 0.0.0.0 it would be a probe (RFC 5227), and a rival to a speaker that probes just then."""
    asked = ARP(request(MAC, socket.inet_aton("192.168.10.100"), socket.inet_aton("192.168.10.200")))

    assert (asked.op, asked.psrc, asked.pdst) == (1, "192.168.10.100", "192.168.10.200")
    assert (asked.hwsrc, asked.hwdst) == ("02:00:00:00:00:0a", "00:00:00:00:00:00")


def test_the_most_special_route_counts():
    """192.168.10.0/24 is by eth1, all else by eth0."""
    assert interface_to(ADDRESS, TABLE) == "eth1"
    assert interface_to(socket.inet_aton("10.0.0.1"), TABLE) == "eth0"


def test_no_route_is_said():
    """With the address."""
    with pytest.raises(LookupError, match=r"no route leads to 192\.168\.10\.7"):
        interface_to(ADDRESS, TABLE.splitlines()[0])


def test_a_question_for_the_address_is_answered():
    """To him who asked: with the MAC, as the owner's."""
    frame = ETHERNET + _question("192.168.10.7")

    answer = reply(frame, ADDRESS, MAC)

    assert answer[:14] == THEIRS + MAC + b"\x08\x06"
    assert answer[20:22] == b"\x00\x02"
    assert answer[22:32] == MAC + ADDRESS
    assert answer[32:42] == THEIRS + socket.inet_aton("192.168.10.9")


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x00" * 60, id="zeros"),
    ],
)
def test_anything_else_is_not(frame):
    """Neither other questions nor our own."""
    assert reply(frame, ADDRESS, MAC) is None
    assert reply(ETHERNET + _question("192.168.10.8"), ADDRESS, MAC) is None
    assert reply(ETHERNET + _question("192.168.10.7"), ADDRESS, THEIRS) is None


def _question(wanted):
    return request(THEIRS, socket.inet_aton("192.168.10.9"), socket.inet_aton(wanted))
