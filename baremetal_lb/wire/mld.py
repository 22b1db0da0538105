"""Multicast Listener Reports (RFC 3810 5.2) for solicited-node groups: what a switch has to hear.

One pattern for each interface, filled in for each group. The source is ::, which RFC 3590 allows to a
node that has no link-local address there, and RFC 4541 tells switches to heed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from baremetal_lb.wire.patterns import pattern as filled

if TYPE_CHECKING:
    from ipaddress import IPv6Address

_CHECKSUM: Final = slice(64, 66)
_GROUP_TAIL: Final = slice(87, 90)
_ONES: Final = 0xFFFF


def report(mac: bytes, address: IPv6Address) -> bytes:
    """That the interface with that MAC is a member of an address's solicited-node group (RFC 4291 2.7.1)."""
    pattern, tail = _pattern(mac), address.packed[13:]
    # The pattern's group ends in zeros, so what is put there is all that the checksum has to take off.
    checksum = (int.from_bytes(pattern[_CHECKSUM]) - int.from_bytes(tail)) % _ONES
    middle = pattern[_CHECKSUM.stop : _GROUP_TAIL.start]
    return pattern[: _CHECKSUM.start] + checksum.to_bytes(2) + middle + tail


@lru_cache(maxsize=64)
def _pattern(mac: bytes) -> bytes:
    return filled("mld-report", mac)
