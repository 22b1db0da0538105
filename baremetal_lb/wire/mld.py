"""Multicast Listener Reports (RFC 3810 5.2) for solicited-node groups: what a switch has to hear.

One pattern for each interface, filled in for each group. The source is ::, which RFC 3590 allows to a
node that has no link-local address there, and RFC 4541 tells switches to heed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from baremetal_lb.wire.ethernet import icmpv6

if TYPE_CHECKING:
    from ipaddress import IPv6Address

LISTENERS: Final = bytes.fromhex("ff02000000000000 0000000000000016")
LISTENERS_MAC: Final = bytes.fromhex("333300000016")
_GROUP: Final = bytes.fromhex("ff02000000000000 00000001ff000000")
# RFC 2711: a router looks at it although it is not for it; padded to 8 bytes with the byte before.
_ROUTER_ALERT: Final = 1, bytes.fromhex("00 05020000 0100")
_REPORT: Final = 143
_EVERYTHING: Final = 2  # MODE_IS_EXCLUDE, with nothing excluded: we are members
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
    one_record = bytes((_REPORT, *bytes(6), 1)) + bytes((_EVERYTHING, 0, 0, 0)) + _GROUP
    return icmpv6(mac, LISTENERS_MAC, LISTENERS, one_record, _ROUTER_ALERT)
