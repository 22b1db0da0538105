"""Neighbour advertisements and solicitations (RFC 4861 4.3, 4.4): patterns, filled in by address.

As with ARP (arp.py) an address is a few bytes of a pattern. The checksum follows by arithmetic (RFC 1624):
the pattern's was computed with the address ::, which adds nothing, so twice the address is taken off.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from baremetal_lb.wire.patterns import pattern

if TYPE_CHECKING:
    from ipaddress import IPv6Address

SOURCE: Final = slice(22, 38)
CHECKSUM: Final = slice(56, 58)
TARGET: Final = slice(62, 78)
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
    return NdpFrames(
        pattern("ndp-reply", mac),
        pattern("ndp-unsolicited", mac),
        pattern("ndp-probe", mac),
        pattern("ndp-question", mac),
    )


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
