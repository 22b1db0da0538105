"""Neighbour advertisements and solicitations (RFC 4861 4.3, 4.4): patterns by scapy, filled in by address.

As with ARP (arp.py) an address is a few bytes of a pattern. The checksum follows by arithmetic (RFC 1624):
the pattern's was computed with the address ::, which adds nothing, so twice the address is taken off.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from scapy.layers.inet6 import (
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptSrcLLAddr,
    IPv6,
)
from scapy.layers.l2 import Ether

if TYPE_CHECKING:
    from ipaddress import IPv6Address

ALL_NODES: Final = "ff02::1"
ALL_NODES_MAC: Final = "33:33:00:00:00:01"
SOURCE: Final = slice(22, 38)
CHECKSUM: Final = slice(56, 58)
TARGET: Final = slice(62, 78)
_UNSET: Final = "::"
_UNSET_MAC: Final = "00:00:00:00:00:00"
_GROUP: Final = "ff02::1:ff00:0"
_GROUP_MAC: Final = "33:33:ff:00:00:00"
_NO_SOURCE: Final = bytes(16)
_ONES: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class NdpFrames:
    """The frames that tell or ask where an address is, for one sender MAC; Override: an address has one."""

    _reply: bytes
    _unsolicited: bytes
    _probe: bytes
    _question: bytes

    def reply(self, address: IPv6Address) -> bytes:
        """The solicited advertisement, to no MAC and to :: as yet."""
        return _fill(self._reply, address.packed)

    def unsolicited(self, address: IPv6Address) -> bytes:
        """The advertisement to all nodes, by which they correct what they know (RFC 4861 7.2.6)."""
        return _fill(self._unsolicited, address.packed)

    def probe(self, address: IPv6Address) -> bytes:
        """The solicitation of duplicate address detection: without a source or options (RFC 4862 5.4.2)."""
        return _ask(self._probe, address.packed, _NO_SOURCE)

    def question(self, address: IPv6Address, source: IPv6Address) -> bytes:
        """The solicitation of a host that has the address `source`."""
        return _ask(self._question, address.packed, source.packed)


@lru_cache(maxsize=64)
def frames_from(mac: bytes) -> NdpFrames:
    """The frames of an interface with that MAC (6 bytes)."""
    if len(mac) != 6:
        msg = f"an Ethernet MAC has 6 bytes, {mac.hex(':')!r} has {len(mac)}"
        raise ValueError(msg)
    return NdpFrames(
        _pattern(mac, _UNSET_MAC, _UNSET, solicited=True),
        _pattern(mac, ALL_NODES_MAC, ALL_NODES, solicited=False),
        _asking(mac, with_option=False),
        _asking(mac, with_option=True),
    )


def _pattern(mac: bytes, to_mac: str, to: str, *, solicited: bool) -> bytes:
    text = mac.hex(":")
    return bytes(
        Ether(dst=to_mac, src=text)
        / IPv6(src=_UNSET, dst=to, hlim=255)
        / ICMPv6ND_NA(R=0, S=int(solicited), O=1, tgt=_UNSET)
        / ICMPv6NDOptDstLLAddr(lladdr=text)
    )


def _asking(mac: bytes, *, with_option: bool) -> bytes:
    text = mac.hex(":")
    frame = Ether(dst=_GROUP_MAC, src=text) / IPv6(src=_UNSET, dst=_GROUP, hlim=255) / ICMPv6ND_NS(tgt=_UNSET)
    return bytes(frame / ICMPv6NDOptSrcLLAddr(lladdr=text) if with_option else frame)


def _ask(frame: bytes, address: bytes, source: bytes) -> bytes:
    """To the target's group: its last three bytes are the address's (RFC 4291 2.7.1)."""
    owed = int.from_bytes(frame[CHECKSUM]) - int.from_bytes(address) - int.from_bytes(source)
    checksum = (owed - int.from_bytes(address[13:])) % _ONES
    tail = address[13:]
    parts = (frame[:3], tail, frame[6:22], source, frame[38:51], tail, frame[54:56], checksum.to_bytes(2))
    return b"".join((*parts, frame[CHECKSUM.stop : TARGET.start], address, frame[TARGET.stop :]))


def _fill(frame: bytes, address: bytes) -> bytes:
    checksum = (int.from_bytes(frame[CHECKSUM]) - 2 * int.from_bytes(address)) % _ONES
    parts = (
        frame[: SOURCE.start],
        address,
        frame[SOURCE.stop : CHECKSUM.start],
        checksum.to_bytes(2),
        frame[CHECKSUM.stop : TARGET.start],
        address,
        frame[TARGET.stop :],
    )
    return b"".join(parts)
