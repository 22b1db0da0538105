"""ARP frames (RFC 826, RFC 5227): one pattern for each interface, filled in for each address.

So that thousands of addresses can move to a speaker at once, what an address costs is four bytes of a copy.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from baremetal_lb.wire.patterns import pattern

if TYPE_CHECKING:
    from ipaddress import IPv4Address

SENDER_IP: Final = slice(28, 32)
TARGET_IP: Final = slice(38, 42)


@dataclass(frozen=True, slots=True)
class ArpFrames:
    """The frames that tell where an address is, for one sender MAC."""

    _reply: bytes
    _gratuitous: tuple[bytes, bytes]
    _question: bytes

    def reply_middle(self, address: IPv4Address) -> bytes:
        """What a reply has between its Ethernet destination and its target: source, ARP head, sender."""
        return self._reply[6:28] + address.packed

    def gratuitous(self, address: IPv4Address) -> tuple[bytes, bytes]:
        """A request and a reply to everybody with sender and target the address: some hosts heed only one."""
        request, reply = self._gratuitous
        return _fill(request, address.packed), _fill(reply, address.packed)

    def probe(self, address: IPv4Address) -> bytes:
        """A question to everybody that names no sender, so that no table changes by it (RFC 5227 1.1)."""
        return self._question[: TARGET_IP.start] + address.packed

    def question(self, address: IPv4Address, source: IPv4Address) -> bytes:
        """A question to everybody as a client asks it that has the address `source`."""
        asked = self.probe(address)
        return asked[: SENDER_IP.start] + source.packed + asked[SENDER_IP.stop :]


@lru_cache(maxsize=64)
def frames_from(mac: bytes) -> ArpFrames:
    """The frames of an interface with that MAC (6 bytes)."""
    request, reply = pattern("arp-request", mac), pattern("arp-reply", mac)
    return ArpFrames(reply, (request, reply), pattern("arp-question", mac))


def _fill(frame: bytes, address: bytes) -> bytes:
    return frame[: SENDER_IP.start] + address + frame[SENDER_IP.stop : TARGET_IP.start] + address
