"""The kernel's trace messages, bounded whatever they hold; the real ones are tests/e2e/test_trace.py's."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.trace.kernel import MESSAGE_TRACE, Met, parse
from mockcloud.trace.model import End
from mockcloud.trace.source import heard


def attribute(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def message(*attributes, kind=MESSAGE_TRACE):
    body = bytes(4) + b"".join(attributes)
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body


WHERE = (attribute(15, b"\0\0\0\2"), attribute(6, b"\0\0\0\7"), attribute(2, b"nat\0"), attribute(1, b"t\0"))
GOTO = attribute(5, attribute(1, b"\xff\xff\xff\xfc") + attribute(2, b"pick\0"))
IP = attribute(8, b"\x45" + bytes(15) + bytes([10, 0, 0, 9]))
TCP = attribute(9, struct.pack("!HH", 40000, 80) + bytes(16))


def test_a_rule_that_was_met_is_told_with_its_verdict_and_the_packets_target():
    """As `nft monitor trace` would show it."""
    handle = attribute(3, (12).to_bytes(8))
    data = message(*WHERE, attribute(4, b"\0\0\0\3"), handle, GOTO, IP, TCP)

    assert list(parse(data)) == [Met(7, "ip", "t", "nat", 12, "goto pick", End("10.0.0.9", 80))]


@pytest.mark.parametrize(("policy", "verdict"), [(1, "continue"), (0, "drop")])
def test_a_policy_is_news_only_where_it_drops(policy, verdict):
    """A chain that ends with accept decides nothing."""
    data = message(*WHERE, attribute(4, b"\0\0\0\1"), attribute(16, policy.to_bytes(4)))

    assert [(met.handle, met.verdict) for met in parse(data)] == [(0, verdict)]


def test_other_messages_are_passed_over():
    """The group has nothing else today."""
    assert list(parse(message(*WHERE, kind=1))) == []


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_passed_over(data):
    """Never an error, never an endless loop."""
    list(parse(data))
    list(parse(message(data)))


ADDRESS = bytes([192, 168, 10, 200])
MAC = bytes.fromhex("020000000001")


def arp(operation, sender, target):
    fixed = struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation)
    return b"\xff" * 6 + MAC + b"\x08\x06" + fixed + MAC + sender + bytes(6) + target


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        pytest.param(arp(2, ADDRESS, bytes(4)), MAC.hex(":"), id="reply"),
        pytest.param(arp(1, bytes(4), ADDRESS), "", id="request"),
        pytest.param(arp(1, bytes(4), bytes(4)), None, id="request-for-another"),
        pytest.param(arp(2, bytes(4), ADDRESS), None, id="reply-of-another"),
        pytest.param(arp(2, ADDRESS, bytes(4))[:30], None, id="cut-short"),
    ],
)
def test_arp_frames_say_where_an_address_is(frame, said):
    """RFC 826."""
    assert heard(frame, ADDRESS) == said


def icmpv6(kind, target):
    header = bytes(6) + bytes([58, 255]) + bytes(32)
    return b"\x33" * 6 + MAC + b"\x86\xdd" + header + bytes([kind, 0]) + bytes(6) + target


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        pytest.param(icmpv6(136, ADDRESS * 4), MAC.hex(":"), id="advertisement"),
        pytest.param(icmpv6(135, ADDRESS * 4), "", id="solicitation"),
        pytest.param(icmpv6(128, ADDRESS * 4), None, id="echo"),
        pytest.param(icmpv6(136, bytes(16)), None, id="of-another"),
    ],
)
def test_neighbour_discovery_says_where_an_address_is(frame, said):
    """RFC 4861 4.3, 4.4."""
    assert heard(frame, ADDRESS * 4) == said


@given(st.binary(max_size=120))
def test_any_frame_is_heard_without_an_error(frame):
    """The LAN may say anything."""
    heard(frame, ADDRESS)
