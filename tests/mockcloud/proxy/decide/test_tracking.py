"""Messages as the kernel (6.18) wrote them."""

import struct

import pytest

from mockcloud.proxy.decide.stale import Flow
from mockcloud.proxy.decide.tracking import flows, listing, removal
from mockcloud.proxy.decide.views import Family, Target

V4 = bytes.fromhex(
    "34000180 14000180 08000100 c0a80a64 08000200 c0a80a0b"
    "1c000280 0500010011000000 06000200ec520000 0600030075350000"
)
V4_REPLY = bytes.fromhex(
    "34000280 14000180 08000100 0af40102 08000200 c0a80a0b"
    "1c000280 0500010011000000 0600020014e90000 06000300ec520000"
)
V6 = bytes.fromhex(
    "4c000180 2c000180 14000300 fd000010000000000000000000000100 14000400 fd000010009600000000000000000010"
    "1c000280 0500010011000000 06000200c6d70000 0600030000350000"
)
V6_REPLY = bytes.fromhex(
    "4c000280 2c000180 14000300 fd000010024400010000000000000002 14000400 fd000010000000000000000000000100"
    "1c000280 0500010011000000 0600020014e90000 06000300c6d70000"
)
STATUS = bytes.fromhex("08000300 0000018e")
DONE = struct.pack("=IHHII", 20, 3, 2, 1, 0) + bytes(4)


def message(*attributes, kind=0x100):
    body = b"".join(attributes)
    return struct.pack("=IHHII", 20 + len(body), kind, 2, 1, 0) + b"\x02\0\0\0" + body


def test_a_listing_is_read_piece_by_piece():
    """Client, whom it addressed, who answers and whom they see, the kernel's name for it; then the end."""
    piece = message(V4, V4_REPLY, STATUS) * 2
    flow = Flow(
        "192.168.10.100", Target("192.168.10.11", 30005), Target("10.244.1.2", 5353), hidden=True, tuple=V4
    )
    assert flows(Family.IPV4, piece) == ([flow, flow], False)
    assert flows(Family.IPV4, message(V4, V4_REPLY) + DONE) == ([flow], True)
    six = Flow("fd00:10::100", Target("fd00:10:96::10", 53), Target("fd00:10:244:1::2", 5353), tuple=V6)
    assert flows(Family.IPV6, message(V6, V6_REPLY, STATUS)) == ([six], False)


@pytest.mark.parametrize(
    "piece",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(message(V4), id="no-reply-side"),
        pytest.param(message(V4_REPLY, V4), id="another-order"),
        pytest.param(message(V4.replace(b"\x11", b"\x06"), V4_REPLY), id="tcp"),
        pytest.param(message(STATUS * 20), id="other-attributes"),
        pytest.param(message(V4, V4_REPLY, kind=0x102), id="another-kind"),
        pytest.param(b"\0" * 64, id="zeros"),
        pytest.param(message(V4, V4_REPLY)[:90], id="cut"),
    ],
)
def test_what_is_not_understood_is_left_alone(piece):
    """Such connections are not touched."""
    assert flows(Family.IPV4, piece) == ([], False)


def test_requests():
    """A listing asks for UDP of one family only; a removal names the connection as the kernel did."""
    asked = listing(Family.IPV6)
    assert struct.unpack_from("=IHH", asked) == (len(asked), 0x101, 0x301)
    assert asked[16] == 10
    removed = removal(
        Family.IPV4, Flow("10.244.1.9", Target("10.96.0.1", 53), Target("10.244.1.2", 53), tuple=V4)
    )
    assert struct.unpack_from("=IHH", removed) == (len(removed), 0x102, 0x5)
    assert removed[20:] == V4
