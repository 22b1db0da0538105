"""One line of a pool's `addresses`: a CIDR, a range, or a single address."""

from __future__ import annotations

import ipaddress
from typing import Final

from baremetal_lb.model.addresses import AddressRange, Family, IPAddress

FORMS: Final = "a CIDR (192.168.10.0/24), a range (192.168.10.200-192.168.10.250) or one address"


class EntryError(ValueError):
    """A text that is no entry; the message says why and what was expected."""


def parse_entry(text: str) -> AddressRange:
    """The range that an entry means; EntryError where it means none."""
    text = text.strip()
    if "-" in text:
        return _range(text)
    if "/" in text:
        return _cidr(text)
    address = parse_address(text)
    if address is None:
        msg = f"{text!r} is not an address: expected {FORMS}"
        raise EntryError(msg)
    return AddressRange(address, address)


def parse_address(text: str) -> IPAddress | None:
    """The address, or None; a zone (`fe80::1%eth0`) is none, it cannot be announced."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and (address.scope_id or address.ipv4_mapped):
        return None
    return address


def _range(text: str) -> AddressRange:
    left, _, right = text.partition("-")
    ends = parse_address(left), parse_address(right)
    for part, end in zip((left, right), ends, strict=True):
        if end is None:
            wrong = f"{part.strip()!r} in the range {text!r} is not an address"
            msg = f"{wrong}: expected FIRST-LAST, two whole addresses"
            raise EntryError(msg)
    first, last = ends
    assert first is not None
    assert last is not None
    if first.version != last.version:
        msg = f"{text!r} goes from IPv{first.version} to IPv{last.version}: both ends must be of one family"
        raise EntryError(msg)
    if int(first) > int(last):
        msg = f"{text!r} ends before it starts: {first} is after {last}"
        raise EntryError(msg)
    return AddressRange(first, last)


def _cidr(text: str) -> AddressRange:
    address, _, length = text.partition("/")
    if parse_address(address) is None or not length.isascii() or not length.isdecimal():
        msg = f"{text!r} is not a CIDR: expected {FORMS}"
        raise EntryError(msg)
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as exc:
        bits = ipaddress.ip_address(address.strip()).max_prefixlen
        msg = f"{text!r} is not a CIDR: its prefix has {length} bits; expected 0 to {bits}"
        raise EntryError(msg) from exc
    return AddressRange(network.network_address, network.broadcast_address, network.prefixlen)


def host_bits(text: str, entry: AddressRange) -> bool:
    """Whether the CIDR that `entry` was read from names an address within the network."""
    return entry.prefix_length is not None and parse_address(text.partition("/")[0]) != entry.first


def edges(entry: AddressRange) -> tuple[IPAddress, ...]:
    """What a network keeps for itself: network and broadcast address, in IPv6 the subnet-router anycast.

    None for /31, /32, /127, /128 (RFC 3021, RFC 6164) and for ranges, whose writer chose both ends. RFC
    4291 2.6.1.
    """
    if entry.prefix_length is None:
        return ()
    if entry.family is Family.V6:
        return (entry.first,) if entry.prefix_length < 127 else ()
    return (entry.first, entry.last) if entry.prefix_length < 31 else ()
