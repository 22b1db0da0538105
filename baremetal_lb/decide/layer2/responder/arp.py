"""Answers ARP requests at the cost of one dictionary look-up.

One of the two loops of the speaker that have to be fast, so it works on buffers that it is given and makes
next to no objects. Each reply's middle was prepared when its address was first announced; only the asker's
bytes are filled in. What is not answered is counted by reason.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.layer2.responder.responder import DropReason, Responder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from baremetal_lb.decide.layer2.responder.responder import Tally

SLOT: Final = 64  # bytes between frames in a buffer
FRAME: Final = 42  # an Ethernet header and an IPv4 ARP packet
BROADCAST: Final = b"\xff" * 6
# Ethertype ARP, then RFC 826: Ethernet, IPv4, address lengths 6 and 4, operation.
_ARP: Final = b"\x08\x06\x00\x01\x08\x00\x06\x04"
REQUEST_HEAD: Final = _ARP + b"\x00\x01"
REPLY_HEAD: Final = _ARP + b"\x00\x02"
# Ethernet destination; source (skipped); head; sender's MAC and IP; target's MAC (skipped) and IP.
_REQUEST: Final = Struct("6s6x10s6s4s6x4s")
# Ethernet destination; the prepared middle; target's MAC and IP.
_REPLY: Final = Struct("6s26s6s4s")


class ArpAnswer:
    """What is known beforehand of the reply for one address: from its Ethernet source to its sender IP."""

    __slots__ = ("middle", "tally")

    def __init__(self, middle: bytes, tally: Tally) -> None:
        if len(middle) != FRAME - 16:
            msg = f"a reply's middle has {FRAME - 16} bytes, not {len(middle)}"
            raise ValueError(msg)
        self.middle = middle
        self.tally = tally


class ArpResponder(Responder[ArpAnswer]):
    """Answers by an address's 4 bytes."""

    slot = SLOT
    frame = FRAME
    about = slice(28, 32)  # the sender's IP
    __slots__ = ()

    def reply(self, requests: bytearray, sizes: Sequence[int], count: int, replies: bytearray) -> int:
        """Answer `count` slots of `requests` into the first slots of `replies`; the number of replies."""
        unpack, pack = _REQUEST.unpack_from, _REPLY.pack_into
        find, mac = self.answers.get, self.mac
        written = 0
        for slot in range(count):
            destination, head, asker_mac, asker, target = unpack(requests, slot * SLOT)
            answer = find(target)
            if (
                answer is not None
                and head == REQUEST_HEAD
                and destination in (BROADCAST, mac)
                and asker != target
                and not asker_mac[0] & 1
                and sizes[slot] >= FRAME
            ):
                pack(replies, written * SLOT, asker_mac, answer.middle, asker_mac, asker)
                answer.tally.answered += 1
                written += 1
            else:
                self.drops[self._why(requests, slot * SLOT, sizes[slot])] += 1
        return written

    def _why(self, requests: bytearray, at: int, size: int) -> DropReason:
        destination, head, asker_mac, asker, target = _REQUEST.unpack_from(requests, at)
        if size < FRAME or not head.startswith(_ARP):
            return DropReason.MALFORMED
        if head != REQUEST_HEAD:
            return DropReason.NOT_A_REQUEST
        if destination not in (BROADCAST, self.mac):
            return DropReason.OTHER_DESTINATION
        if target not in self.answers:
            return DropReason.NOT_OURS
        if asker == target:
            return DropReason.ANNOUNCEMENT
        # A group is nobody who asks: the answer would go to all of them (RFC 1812 3.3.2).
        return DropReason.GROUP_SENDER if asker_mac[0] & 1 else DropReason.MALFORMED
