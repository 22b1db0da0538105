"""The NDP responder on bytes; scapy builds what it is asked and reads what it says."""

from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet6 import (
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6ND_RS,
    ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptSrcLLAddr,
    ICMPv6NDOptUnknown,
    IPv6,
    IPv6ExtHdrHopByHop,
    in6_chksum,
)
from scapy.layers.l2 import Ether

from baremetal_lb.decide.layer2.responder.ndp import FRAME, SLOT, NdpAnswer, NdpResponder
from baremetal_lb.decide.layer2.responder.responder import AnswerCounts, DropReason
from baremetal_lb.wire.ndp import frames_from
from tests.fakes.solicitor import group_of

OURS, ASKER = bytes.fromhex("0242c0000210"), "02:42:c0:00:02:64"
VIP, HOST = IPv6Address("2001:db8::200"), "fe80::64"
GROUP, GROUP_MAC = group_of(str(VIP))
COUNT = 64
NONCE = ICMPv6NDOptUnknown(type=14, len=1, data=b"nonce!")
ASKER_OPTION = ICMPv6NDOptSrcLLAddr(lladdr=ASKER)


def responder(*addresses: IPv6Address) -> NdpResponder:
    frames = frames_from(OURS)
    return NdpResponder(
        OURS,
        {
            each.packed: NdpAnswer(frames.reply(each), frames.unsolicited(each), AnswerCounts())
            for each in addresses
        },
    )


def solicitation(
    target: object = VIP, *options, to_mac: str = GROUP_MAC, icmp: dict | None = None, **ipv6
) -> bytes:
    fields = {"src": HOST, "dst": GROUP, "hlim": 255, **ipv6}
    frame = Ether(dst=to_mac, src=ASKER) / IPv6(**fields) / ICMPv6ND_NS(tgt=str(target), **(icmp or {}))
    for option in options:
        frame /= option
    return bytes(frame)


def sent_from(mac: str, frame: bytes) -> bytes:
    return frame[:6] + bytes.fromhex(mac.replace(":", "")) + frame[12:]


def ask(responder: NdpResponder, *frames: bytes) -> list[bytes]:
    """The replies to frames that came in one batch."""
    requests, replies = bytearray(b"\xa5" * SLOT * COUNT), bytearray(SLOT * COUNT)
    for slot, frame in enumerate(frames):
        requests[slot * SLOT : slot * SLOT + len(frame[:SLOT])] = frame[:SLOT]
    sizes = [min(len(frame), SLOT) for frame in frames]
    count = responder.reply(requests, sizes, len(frames), replies)
    return [bytes(replies[slot * SLOT : slot * SLOT + FRAME]) for slot in range(count)]


def dropped(responder: NdpResponder) -> dict[DropReason, int]:
    return {reason: count for reason, count in responder.drops.items() if count}


def advertisement(to: str = HOST, to_mac: str = ASKER, solicited: int = 1) -> bytes:
    """What RFC 4861 7.2.4 asks for, as scapy builds it."""
    mac = OURS.hex(":")
    return bytes(
        Ether(dst=to_mac, src=mac)
        / IPv6(src=str(VIP), dst=to, hlim=255)
        / ICMPv6ND_NA(R=0, S=solicited, O=1, tgt=str(VIP))
        / ICMPv6NDOptDstLLAddr(lladdr=mac)
    )


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(solicitation(VIP, ASKER_OPTION), id="to-the-group"),
        pytest.param(solicitation(VIP, ASKER_OPTION, to_mac=OURS.hex(":"), dst=str(VIP)), id="to-us"),
        pytest.param(solicitation(VIP, to_mac=OURS.hex(":"), dst=str(VIP)), id="to-us-without-an-option"),
        pytest.param(solicitation(VIP), id="to-the-group-without-an-option"),
        pytest.param(
            solicitation(VIP, ASKER_OPTION, to_mac="33:33:00:00:00:01", dst="ff02::1"), id="to-all-nodes"
        ),
        pytest.param(solicitation(VIP, NONCE, ASKER_OPTION), id="with-another-option-before"),
        pytest.param(solicitation(VIP, ASKER_OPTION, NONCE), id="with-another-option-behind"),
        pytest.param(
            solicitation(VIP, ASKER_OPTION, ICMPv6NDOptUnknown(type=12, len=24, data=bytes(190))),
            id="long-as-with-a-signature",
        ),
        pytest.param(solicitation(VIP, ASKER_OPTION) + bytes(30), id="padded"),
        pytest.param(solicitation(VIP, ASKER_OPTION, fl=0xFFFFF, tc=0xC0), id="with-class-and-flow-label"),
        pytest.param(solicitation(VIP, ASKER_OPTION, icmp={"res": 7}), id="reserved-is-not-looked-at"),
    ],
)
def test_solicitation_for_our_address_is_answered_to_the_asker(request_: bytes) -> None:
    """Byte for byte what scapy builds: unicast to who asked, Solicited and Override set, our MAC."""
    our = responder(VIP)
    assert ask(our, request_) == [advertisement()]
    assert our.answers[VIP.packed].tally.answered == 1
    assert dropped(our) == {}


def test_reply_goes_to_the_mac_that_the_option_gives() -> None:
    """Where a proxy asks for another host, that host gets the answer."""
    option = ICMPv6NDOptSrcLLAddr(lladdr="02:00:00:00:00:77")
    for options in ((option,), (NONCE, option)):
        (reply,) = ask(responder(VIP), solicitation(VIP, *options))
        assert Ether(reply).dst == "02:00:00:00:00:77"


@pytest.mark.parametrize(
    "options", [pytest.param((), id="plain"), pytest.param((NONCE,), id="enhanced-rfc-7527")]
)
def test_duplicate_address_detection_is_answered_to_all_nodes(options) -> None:
    """RFC 4862 5.4 and RFC 4861 7.2.4: without a source the answer goes to ff02::1, Solicited is zero."""
    (reply,) = ask(responder(VIP), solicitation(VIP, *options, src="::"))
    assert reply == advertisement("ff02::1", "33:33:00:00:00:01", solicited=0)


def broken(at: int, value: int, frame: bytes = b"") -> bytes:
    frame = frame or solicitation(VIP, ASKER_OPTION)
    return frame[:at] + bytes([value]) + frame[at + 1 :]


EMPTY_OPTION = ICMPv6NDOptUnknown(type=14, len=0, data=b"nonce!")
LONG_OPTION = ICMPv6NDOptUnknown(type=14, len=9, data=b"nonce!")
TWO_WORDS = ICMPv6NDOptUnknown(type=1, len=2, data=bytes(14))
HOP_BY_HOP = bytes(
    Ether(dst=GROUP_MAC, src=ASKER) / IPv6(src=HOST, dst=GROUP, hlim=255) / IPv6ExtHdrHopByHop()
)


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        pytest.param(solicitation("2001:db8::201", ASKER_OPTION), DropReason.NOT_OURS, id="not-ours"),
        pytest.param(solicitation(VIP, ASKER_OPTION, hlim=254), DropReason.HOP_LIMIT, id="routed"),
        pytest.param(solicitation(VIP, ASKER_OPTION, hlim=0), DropReason.HOP_LIMIT, id="no-hop-left"),
        pytest.param(broken(57, 0x11), DropReason.CHECKSUM, id="checksum"),
        pytest.param(broken(85, 0x65), DropReason.CHECKSUM, id="bit-turned-in-the-option"),
        pytest.param(broken(37, 0x65), DropReason.CHECKSUM, id="bit-turned-in-the-source"),
        pytest.param(solicitation(VIP, ASKER_OPTION, icmp={"code": 1}), DropReason.CODE, id="code"),
        pytest.param(
            solicitation(VIP, ASKER_OPTION, icmp={"type": 136}), DropReason.NOT_A_REQUEST, id="advertisement"
        ),
        pytest.param(broken(19, 16), DropReason.LENGTH, id="shorter-than-its-target"),
        pytest.param(broken(19, 30), DropReason.LENGTH, id="no-multiple-of-eight"),
        pytest.param(broken(19, 40), DropReason.MALFORMED, id="says-more-than-came"),
        pytest.param(broken(18, 2), DropReason.MALFORMED, id="longer-than-its-slot"),
        pytest.param(solicitation(VIP, ASKER_OPTION)[:77], DropReason.MALFORMED, id="short-by-a-byte"),
        pytest.param(b"", DropReason.MALFORMED, id="empty"),
        pytest.param(broken(12, 0x08), DropReason.MALFORMED, id="ethertype"),
        pytest.param(broken(14, 0x40), DropReason.MALFORMED, id="version-4"),
        pytest.param(broken(20, 6), DropReason.MALFORMED, id="tcp"),
        pytest.param(HOP_BY_HOP.ljust(FRAME, b"\0"), DropReason.MALFORMED, id="extension-header"),
        pytest.param(
            solicitation("ff02::1:ff00:200", ASKER_OPTION), DropReason.TARGET, id="target-is-a-group"
        ),
        pytest.param(solicitation(VIP, ASKER_OPTION, src="ff02::9"), DropReason.SOURCE, id="from-a-group"),
        pytest.param(
            solicitation(VIP, ASKER_OPTION, src=str(VIP)), DropReason.ANNOUNCEMENT, id="from-itself"
        ),
        pytest.param(
            sent_from("33:33:00:00:00:01", solicitation(VIP, ASKER_OPTION)),
            DropReason.GROUP_SENDER,
            id="frame-from-a-group",
        ),
        pytest.param(
            sent_from("33:33:00:00:00:01", solicitation(VIP)), DropReason.GROUP_SENDER, id="and-no-option"
        ),
        pytest.param(solicitation(VIP, EMPTY_OPTION), DropReason.OPTION, id="option-of-length-zero"),
        pytest.param(solicitation(VIP, LONG_OPTION), DropReason.OPTION, id="option-beyond-the-end"),
        pytest.param(solicitation(VIP, TWO_WORDS), DropReason.OPTION, id="source-option-too-long"),
        pytest.param(
            solicitation(VIP, ICMPv6NDOptSrcLLAddr(lladdr="ff:ff:ff:ff:ff:ff")),
            DropReason.OPTION,
            id="answer-wanted-by-everybody",
        ),
        pytest.param(
            solicitation(VIP, src="::", dst=str(VIP)), DropReason.PROBE, id="probe-not-to-the-group"
        ),
        pytest.param(
            solicitation(VIP, src="::", dst="ff02::1:ff00:201"), DropReason.PROBE, id="probe-to-another-group"
        ),
        pytest.param(solicitation(VIP, ASKER_OPTION, src="::"), DropReason.PROBE, id="probe-with-an-option"),
        pytest.param(
            solicitation(VIP, ASKER_OPTION, to_mac="02:42:00:00:00:01"),
            DropReason.OTHER_DESTINATION,
            id="to-another-mac",
        ),
        pytest.param(
            solicitation(VIP, ASKER_OPTION, to_mac="ff:ff:ff:ff:ff:ff"),
            DropReason.OTHER_DESTINATION,
            id="broadcast-which-ipv6-has-not",
        ),
        pytest.param(
            bytes(Ether(dst=GROUP_MAC) / IPv6(src=HOST, dst=GROUP, hlim=255) / ICMPv6ND_RS()).ljust(
                78, b"\0"
            ),
            DropReason.NOT_A_REQUEST,
            id="router-solicitation",
        ),
    ],
)
def test_what_is_not_answered_is_counted_by_its_reason(request_: bytes, why: DropReason) -> None:
    """RFC 4861 7.1.1, check by check: each adds one to one reason, and to no other."""
    our = responder(VIP)
    assert ask(our, request_) == []
    assert dropped(our) == {why: 1}


def test_batch_answers_in_order_and_skips_what_is_not_ours() -> None:
    """Replies stand without gaps, quick and careful ones alike; each address counts its own."""
    second = VIP + 1
    our = responder(VIP, second)
    frames = (
        solicitation(VIP, ASKER_OPTION),
        solicitation("2001:db8::999", ASKER_OPTION),
        solicitation(second, ASKER_OPTION, to_mac=OURS.hex(":")),
        solicitation(VIP, src="::"),
        solicitation(VIP, ASKER_OPTION, src="2001:db8::7"),
    )
    replies = [Ether(each) for each in ask(our, *frames)]
    assert [(each[ICMPv6ND_NA].tgt, each[IPv6].dst) for each in replies] == [
        (str(VIP), HOST),
        (str(second), HOST),
        (str(VIP), "ff02::1"),
        (str(VIP), "2001:db8::7"),
    ]
    assert [our.answers[each.packed].tally.answered for each in (VIP, second)] == [3, 1]


def test_short_frame_is_not_completed_by_what_stood_in_its_slot() -> None:
    """Slots are used again: the bytes of the last frame there must not make this one whole."""
    our, requests, replies = responder(VIP), bytearray(SLOT), bytearray(SLOT)
    requests[:FRAME] = solicitation(VIP, ASKER_OPTION)
    assert our.reply(requests, [FRAME], 1, replies) == 1
    assert our.reply(requests, [FRAME - 1], 1, replies) == 0


def test_address_taken_out_is_not_answered_any_more() -> None:
    """Withdrawal is one assignment; what was not sent of it is still counted."""
    our = responder(VIP, VIP + 1)
    our.answer_no_more({VIP.packed})
    assert ask(our, solicitation(VIP, ASKER_OPTION)) == []
    replies = bytearray(advertisement()).ljust(SLOT, b"\0") * 2
    our.answer_also(responder(VIP).answers)
    our.unsend(replies, 1, 2)
    assert our.answers[VIP.packed].tally.unsent == 1
    assert our.drops[DropReason.NOT_SENT] == 1


def test_answer_of_the_wrong_length_is_refused() -> None:
    """A frame that would shift the reply's fields is a mistake of ours, and said as such."""
    with pytest.raises(ValueError, match="86 bytes, not 5"):
        NdpAnswer(b"short", b"short", AnswerCounts())


@given(st.binary(max_size=SLOT))
def test_hostile_bytes_get_no_reply(frame: bytes) -> None:
    """Whatever comes: no error, and one reason."""
    our = responder(VIP)
    assert ask(our, frame) == []
    assert sum(our.drops.values()) == 1


@given(st.data())
def test_damaged_solicitation_gets_no_reply_or_is_still_a_good_one(data) -> None:
    """One byte changed: where it is answered all the same, scapy, too, finds the checksum right."""
    good = data.draw(
        st.sampled_from(
            [
                solicitation(VIP, ASKER_OPTION),
                solicitation(VIP, src="::"),
                solicitation(VIP, NONCE, ASKER_OPTION),
            ]
        )
    )
    frame = broken(data.draw(st.integers(0, len(good) - 1)), data.draw(st.integers(0, 255)), good)
    our = responder(VIP)
    replied = ask(our, frame)
    assert len(replied) + sum(our.drops.values()) == 1
    if replied:
        asked = Ether(frame)
        assert in6_chksum(58, asked[IPv6], bytes(asked[IPv6].payload)) == 0
        assert (asked[IPv6].hlim, asked[ICMPv6ND_NS].code, asked[ICMPv6ND_NS].tgt) == (255, 0, str(VIP))


ADDRESSES = st.ip_addresses(v=6).filter(lambda each: not each.is_multicast and int(each))
UNICAST_MACS = st.binary(min_size=6, max_size=6).filter(lambda mac: not mac[0] & 1)


@given(ADDRESSES, ADDRESSES, UNICAST_MACS)
def test_every_reply_is_the_one_scapy_would_build(address, asker, mac) -> None:
    """Byte for byte, for any address, asker and MAC; the quick way and the careful one agree."""
    group, group_mac = group_of(str(address))
    head = Ether(dst=group_mac, src=mac.hex(":")) / IPv6(src=str(asker), dst=group, hlim=255)
    asked = head / ICMPv6ND_NS(tgt=str(address))
    built = (
        Ether(dst=mac.hex(":"), src=OURS.hex(":"))
        / IPv6(src=str(address), dst=str(asker), hlim=255)
        / ICMPv6ND_NA(R=0, S=1, O=1, tgt=str(address))
        / ICMPv6NDOptDstLLAddr(lladdr=OURS.hex(":"))
    )
    quick, careful = bytes(asked / ICMPv6NDOptSrcLLAddr(lladdr=mac.hex(":"))), bytes(asked)
    expected = [] if asker == address else [bytes(built), bytes(built)]
    assert ask(responder(address), quick, careful) == expected
