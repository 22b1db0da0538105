"""What frames begin with: Ethernet's header (RFC 894); for ICMPv6 (RFC 2464, RFC 4443) the next one, too.

Tests have scapy read the frames back. A process that imports it keeps 20 MiB of it, for seven patterns.
"""

from __future__ import annotations

from typing import Final

MAC_LENGTH: Final = 6
_IPV6: Final = 0x86DD
_VERSION: Final = b"\x60\0\0\0"  # version 6, no traffic class, no flow label
_ICMPV6: Final = 58
_ONES: Final = 0xFFFF
NOBODY: Final = bytes(16)  # ::


def ethernet(to: bytes, source: bytes, ethertype: int) -> bytes:
    """The header. Raises ValueError where a MAC has not 6 bytes."""
    for mac in (to, source):
        if len(mac) != MAC_LENGTH:
            msg = f"an Ethernet MAC has 6 bytes, {mac.hex(':')!r} has {len(mac)}"
            raise ValueError(msg)
    return to + source + ethertype.to_bytes(2)


def icmpv6(source_mac: bytes, to_mac: bytes, to: bytes, message: bytes, hop: tuple[int, bytes]) -> bytes:
    """A frame from :: to the address `to` with `message`, whose checksum (its third and fourth byte) is 0.

    `hop`: the hop limit, and the hop-by-hop options (RFC 8200 4.3) but for the first byte; empty: none.
    """
    limit, options = hop
    chain = bytes((_ICMPV6,)) + options if options else b""
    first = 0 if options else _ICMPV6  # 0: hop-by-hop options come next
    length = len(chain) + len(message)
    header = _VERSION + length.to_bytes(2) + bytes((first, limit)) + NOBODY + to
    summed = message[:2] + _checksum(to, message) + message[4:]
    return ethernet(to_mac, source_mac, _IPV6) + header + chain + summed


def _checksum(to: bytes, message: bytes) -> bytes:
    """RFC 4443 2.3; the source, being ::, adds nothing. A sum of 16-bit words is what division leaves."""
    even = message + bytes(len(message) % 2)
    total = int.from_bytes(to) + len(message) + _ICMPV6 + int.from_bytes(even)
    return (_ONES - total % _ONES).to_bytes(2)
