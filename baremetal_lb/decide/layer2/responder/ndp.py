"""Answers neighbour solicitations (RFC 4861) at the cost of one dictionary look-up and two checksums.

What nearly every solicitation looks like is answered in the loop: sent to the group of its target or to
our MAC, from an address, with one option of 8 bytes that gives the asker's MAC. Whatever else comes (probes,
other options or none, hostile bytes) is read with care, more slowly. What gets no reply is counted by reason.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

from baremetal_lb.decide.layer2.responder.responder import DropReason, Responder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from baremetal_lb.decide.layer2.responder.responder import Tally

SLOT: Final = 512  # bytes between frames in a buffer; a solicitation with signatures (RFC 3971) fits
FRAME: Final = 86  # Ethernet, IPv6 and an advertisement with its option
UNSPECIFIED: Final = bytes(16)
_IPV6: Final = 0x86DD6  # the Ethertype and the version that follows it
_ICMPV6_255: Final = 0x3AFF  # next header and hop limit
_SOLICITATION: Final = 0x8700  # type 135, code 0
_ADVERTISEMENT: Final = b"\x88\x00"
_WITH_OPTION: Final = 32  # the length of a solicitation
_WITHOUT: Final = 24
_SOURCE_MAC: Final = b"\x01\x01"  # the option's type and its length in units of 8 bytes
_GROUP_HEAD: Final = bytes.fromhex("ff0200000000000000000001ff")  # solicited-node groups, RFC 4291 2.7.1
_ONES: Final = 0xFFFF  # a sum of 16-bit words in ones' complement is what is left after division by this
# MACs; Ethertype, version; length; next header, hop limit; source, destination; type, code; target; option.
_REQUEST: Final = Struct("!6s6sI2xHH16s16sH6x16s2s6s")
# Ethernet destination; prepared; IPv6 destination; type and code; checksum; prepared.
_REPLY: Final = Struct("!6s32s16s2sH28s")
_ADDRESSES: Final = 22  # where source and destination begin
_ICMP: Final = 54  # where they end
_OPTIONS: Final = 78


class NdpAnswer:
    """What is known beforehand of the replies for one address.

    `reply` is an advertisement to the destination ::, `to_all` the one for those that have no address yet.
    """

    __slots__ = ("group_mac", "head", "owed", "tail", "tally", "to_all")

    def __init__(self, reply: bytes, to_all: bytes, tally: Tally) -> None:
        for frame in (reply, to_all):
            if len(frame) != FRAME:
                msg = f"an advertisement has {FRAME} bytes, not {len(frame)}"
                raise ValueError(msg)
        self.head = reply[6:38]
        self.owed = int.from_bytes(reply[56:58])  # the checksum before the destination is taken off
        self.tail = reply[58:]
        self.to_all = to_all
        self.group_mac = b"\x33\x33\xff" + reply[75:78]
        self.tally = tally


class Solicitation(NamedTuple):
    """A valid one. `reply_to` is the MAC that it should be answered to."""

    destination_mac: bytes
    reply_to: bytes
    source: bytes
    target: bytes


class NdpResponder(Responder[NdpAnswer]):
    """Answers by an address's 16 bytes."""

    slot = SLOT
    frame = FRAME
    about = slice(22, 38)  # the source, which is the address
    __slots__ = ()

    def reply(self, requests: bytearray, sizes: Sequence[int], count: int, replies: bytearray) -> int:
        """Answer `count` slots of `requests` into the first slots of `replies`; the number of replies."""
        unpack, pack, number = _REQUEST.unpack_from, _REPLY.pack_into, int.from_bytes
        find, mac = self.answers.get, self.mac
        written = 0
        for slot in range(count):
            at = slot * SLOT
            to, sender, ipv6, length, next_hop, source, _, kind, target, option, asker = unpack(requests, at)
            answer = find(target)
            if (
                answer is not None
                and length == _WITH_OPTION
                and (kind, next_hop, ipv6 >> 12, option) == (_SOLICITATION, _ICMPV6_255, _IPV6, _SOURCE_MAC)
                and to in (answer.group_mac, mac)
                and sizes[slot] >= FRAME
                and source not in (UNSPECIFIED, target)
                and not (source[0] == 0xFF or asker[0] & 1 or sender[0] & 1)
                and (number(requests[at + _ADDRESSES : at + FRAME]) + _WITH_OPTION + 58) % _ONES == 0
            ):
                checksum = (answer.owed - number(source)) % _ONES
                pack(
                    replies, written * SLOT, asker, answer.head, source, _ADVERTISEMENT, checksum, answer.tail
                )
                answer.tally.answered += 1
                written += 1
            else:
                written += self._reply_with_care(requests[at : at + sizes[slot]], replies, written * SLOT)
        return written

    def _reply_with_care(self, request: bytearray, replies: bytearray, at: int) -> bool:
        asked = read_solicitation(bytes(request))
        why = asked if isinstance(asked, DropReason) else self._reply_to(asked, replies, at)
        if why is not None:
            self.drops[why] += 1
        return why is None

    def _reply_to(self, asked: Solicitation, replies: bytearray, at: int) -> DropReason | None:
        """Write the reply, or say why there is none."""
        if asked.destination_mac != self.mac and not asked.destination_mac.startswith(b"\x33\x33"):
            return DropReason.OTHER_DESTINATION
        answer = self.answers.get(asked.target)
        if answer is None:
            return DropReason.NOT_OURS
        if asked.source == asked.target:
            return DropReason.ANNOUNCEMENT
        if asked.source == UNSPECIFIED:  # RFC 4861 7.2.4: to all nodes, Solicited is zero
            replies[at : at + FRAME] = answer.to_all
        else:
            checksum = (answer.owed - int.from_bytes(asked.source)) % _ONES
            given = (asked.reply_to, answer.head, asked.source, _ADVERTISEMENT, checksum, answer.tail)
            _REPLY.pack_into(replies, at, *given)
        answer.tally.answered += 1
        return None


def read_solicitation(frame: bytes) -> Solicitation | DropReason:
    """What an Ethernet frame asks, or what is wrong with it by RFC 4861 7.1.1."""
    if len(frame) < _OPTIONS:
        return DropReason.MALFORMED
    to, sender, ipv6, length, next_hop, source, destination, kind, target, _, _ = _REQUEST.unpack(
        frame[:FRAME].ljust(FRAME, b"\0")
    )
    end = _ICMP + length
    checks = (
        (ipv6 >> 12 != _IPV6 or next_hop >> 8 != 58 or len(frame) < end, DropReason.MALFORMED),
        (kind >> 8 != _SOLICITATION >> 8, DropReason.NOT_A_REQUEST),
        (next_hop & 0xFF != 255, DropReason.HOP_LIMIT),
        (length < _WITHOUT or length % 8, DropReason.LENGTH),
        ((int.from_bytes(frame[_ADDRESSES:end]) + length + 58) % _ONES, DropReason.CHECKSUM),
        (kind != _SOLICITATION, DropReason.CODE),
        (target[0] == 0xFF, DropReason.TARGET),
        (source[0] == 0xFF, DropReason.SOURCE),
        (sender[0] & 1, DropReason.GROUP_SENDER),
    )
    why = next((why for wrong, why in checks if wrong), None)
    if why is not None:
        return why
    options = _source_macs(frame[_OPTIONS:end])
    if options is None:
        return DropReason.OPTION
    if source == UNSPECIFIED and (options or destination != _GROUP_HEAD + target[13:]):
        return DropReason.PROBE
    return Solicitation(to, options[0] if options else sender, source, target)


def _source_macs(options: bytes) -> list[bytes] | None:
    """What the source link-layer options give; None where an option is empty, overlong or names a group."""
    found = []
    for kind, content in read_options(options):
        if content is None:
            return None
        if kind == 1:
            if len(content) != 6 or content[0] & 1:
                return None
            found.append(content)
    return found


def read_options(options: bytes) -> Iterator[tuple[int, bytes | None]]:
    """Types and contents; the content is None where the length can't be, and nothing follows."""
    while options:
        kind, size = options[0], options[1] * 8
        if not 0 < size <= len(options):
            yield kind, None
            return
        yield kind, options[2:size]
        options = options[size:]
