"""The responder on bytes; scapy builds what it is asked and reads what it says."""

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.l2 import ARP, Ether

from baremetal_lb.decide.layer2.responder.arp import FRAME, REPLY_HEAD, SLOT, ArpAnswer, ArpResponder
from baremetal_lb.decide.layer2.responder.responder import AnswerCounts, DropReason

OURS, ASKER = bytes.fromhex("0242c0000210"), "02:42:c0:00:02:64"
VIP = IPv4Address("192.0.2.200")
COUNT = 64


def answer_for(address: IPv4Address) -> ArpAnswer:
    return ArpAnswer(OURS + REPLY_HEAD + OURS + address.packed, AnswerCounts())


def responder(*addresses: IPv4Address) -> ArpResponder:
    return ArpResponder(OURS, {address.packed: answer_for(address) for address in addresses})


def who_has(
    target: str = str(VIP), source: str = "192.0.2.100", to: str = "ff:ff:ff:ff:ff:ff", **arp
) -> bytes:
    fields = {"op": 1, "hwsrc": ASKER, "psrc": source, "pdst": target, **arp}
    return bytes(Ether(dst=to, src=ASKER) / ARP(**fields))


def ask(responder: ArpResponder, *frames: bytes) -> list[bytes]:
    """The replies to frames that came in one batch."""
    requests, replies = bytearray(SLOT * COUNT), bytearray(SLOT * COUNT)
    for slot, frame in enumerate(frames):
        requests[slot * SLOT : slot * SLOT + len(frame[:SLOT])] = frame[:SLOT]
    sizes = [len(frame) for frame in frames]
    count = responder.reply(requests, sizes, len(frames), replies)
    return [bytes(replies[slot * SLOT : slot * SLOT + FRAME]) for slot in range(count)]


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(who_has(), id="broadcast"),
        pytest.param(who_has(to=OURS.hex(":")), id="unicast-to-us"),
        pytest.param(who_has(source="0.0.0.0"), id="probe-rfc-5227"),
        pytest.param(who_has() + bytes(18), id="padded-to-the-least-ethernet-frame"),
        pytest.param(who_has(hwdst="00:11:22:33:44:55"), id="target-mac-is-not-looked-at"),
    ],
)
def test_request_for_our_address_is_answered_to_the_asker(request_: bytes) -> None:
    """RFC 826: unicast to the sender, sender is our MAC with the address, target is who asked."""
    (reply,) = map(Ether, ask(responder(VIP), request_))
    question = Ether(request_)[ARP]
    assert (reply.dst, reply.src, reply.type) == (ASKER, OURS.hex(":"), 0x0806)
    arp = reply[ARP]
    assert (arp.op, arp.hwsrc, arp.psrc) == (2, OURS.hex(":"), str(VIP))
    assert (arp.hwdst, arp.pdst) == (ASKER, question.psrc)


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        pytest.param(who_has("192.0.2.201"), DropReason.NOT_OURS, id="not-ours"),
        pytest.param(who_has(op=2), DropReason.NOT_A_REQUEST, id="a-reply"),
        pytest.param(who_has(op=3), DropReason.NOT_A_REQUEST, id="reverse-arp"),
        pytest.param(who_has(to="02:42:00:00:00:01"), DropReason.OTHER_DESTINATION, id="to-another-mac"),
        pytest.param(who_has(to="01:00:5e:00:00:01"), DropReason.OTHER_DESTINATION, id="multicast"),
        pytest.param(who_has(source=str(VIP)), DropReason.ANNOUNCEMENT, id="gratuitous"),
        pytest.param(who_has(hwsrc="ff:ff:ff:ff:ff:ff"), DropReason.GROUP_SENDER, id="from-everybody"),
        pytest.param(who_has(hwsrc="01:00:5e:00:00:01"), DropReason.GROUP_SENDER, id="from-a-group"),
        pytest.param(who_has()[:41], DropReason.MALFORMED, id="short-by-a-byte"),
        pytest.param(b"", DropReason.MALFORMED, id="empty"),
        pytest.param(who_has(hwtype=6), DropReason.MALFORMED, id="not-ethernet"),
        pytest.param(who_has(ptype=0x86DD), DropReason.MALFORMED, id="not-ipv4"),
    ],
)
def test_what_is_not_answered_is_counted_by_its_reason(request_: bytes, why: DropReason) -> None:
    """Each frame without a reply adds one to one reason, and to no other."""
    our = responder(VIP)
    assert ask(our, request_) == []
    assert {reason: count for reason, count in our.drops.items() if count} == {why: 1}


def test_batch_answers_in_order_and_skips_what_is_not_ours() -> None:
    """Replies stand without gaps, so that one system call sends them; each address counts its own."""
    second = VIP + 1
    our = responder(VIP, second)
    frames = [who_has(), who_has("10.9.9.9"), who_has(str(second)), who_has(source="192.0.2.7")]
    replies = [Ether(each)[ARP] for each in ask(our, *frames)]
    assert [(each.psrc, each.pdst) for each in replies] == [
        (str(VIP), "192.0.2.100"),
        (str(second), "192.0.2.100"),
        (str(VIP), "192.0.2.7"),
    ]
    assert [our.answers[address.packed].tally.answered for address in (VIP, second)] == [2, 1]


def test_short_frame_is_not_completed_by_what_stood_in_its_slot() -> None:
    """Slots are used again: the bytes of the last frame there must not make this one whole."""
    our, requests, replies = responder(VIP), bytearray(SLOT), bytearray(SLOT)
    requests[:FRAME] = who_has()
    assert our.reply(requests, [FRAME], 1, replies) == 1
    assert our.reply(requests, [20], 1, replies) == 0


def test_address_taken_out_is_not_answered_any_more() -> None:
    """Withdrawal is one assignment."""
    our = responder(VIP)
    our.answers = {}
    assert ask(our, who_has()) == []


def test_answer_of_the_wrong_length_is_refused() -> None:
    """A middle that would shift the reply's fields is a mistake of ours, and said as such."""
    with pytest.raises(ValueError, match="26 bytes, not 5"):
        ArpAnswer(b"short", AnswerCounts())


@given(st.binary(max_size=SLOT * 2))
def test_hostile_bytes_get_no_reply_unless_they_are_a_request_for_us(frame: bytes) -> None:
    """Whatever comes: no error, and a reply only to what scapy, too, reads as a request for our address."""
    our = responder(VIP)
    replied = ask(our, frame)
    assert len(replied) + sum(our.drops.values()) == 1
    if replied:
        asked = Ether(frame)[ARP]
        assert (asked.op, asked.pdst) == (1, str(VIP))


@given(st.ip_addresses(v=4), st.ip_addresses(v=4), st.binary(min_size=6, max_size=6))
def test_every_reply_is_the_one_scapy_would_build(address, asker, mac) -> None:
    """Byte for byte, for any address, asker and MAC; a group gets none."""
    text = mac.hex(":")
    asked = bytes(
        Ether(dst="ff:ff:ff:ff:ff:ff", src=text) / ARP(op=1, hwsrc=text, psrc=str(asker), pdst=str(address))
    )
    built = Ether(dst=text, src=OURS.hex(":")) / ARP(
        op=2, hwsrc=OURS.hex(":"), psrc=str(address), hwdst=text, pdst=str(asker)
    )
    expected = [] if asker == address or mac[0] & 1 else [bytes(built)]
    assert ask(responder(address), asked) == expected
