"""Multicast Listener Reports (RFC 3810 5.2) for solicited-node groups: what a switch has to hear.

Built by scapy once for each interface, filled in for each group. The source is ::, which RFC 3590 allows to a
node that has no link-local address there, and RFC 4541 tells switches to heed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from scapy.layers.inet6 import (
    ICMPv6MLDMultAddrRec,
    ICMPv6MLReport2,
    IPv6,
    IPv6ExtHdrHopByHop,
    RouterAlert,
)
from scapy.layers.l2 import Ether

if TYPE_CHECKING:
    from ipaddress import IPv6Address

LISTENERS: Final = "ff02::16"
LISTENERS_MAC: Final = "33:33:00:00:00:16"
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
    record = ICMPv6MLDMultAddrRec(rtype=_EVERYTHING, dst="ff02::1:ff00:0")
    return bytes(
        Ether(dst=LISTENERS_MAC, src=mac.hex(":"))
        / IPv6(src="::", dst=LISTENERS, hlim=1)
        / IPv6ExtHdrHopByHop(options=[RouterAlert()])
        / ICMPv6MLReport2(records=[record])
    )
