"""What frames say of who has an address: ARP of RFC 826 and RFC 5227, advertisements and probes of RFC 4862.

Anybody on the LAN may send these bytes, so nothing is read beyond what was checked to be there.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from struct import Struct
from typing import TYPE_CHECKING, Final

from baremetal_lb.decide.layer2.responder.ndp import read_options
from baremetal_lb.model.conflicts import Unheeded

if TYPE_CHECKING:
    from baremetal_lb.model.addresses import IPAddress

# Ethertype to operation; sender's MAC and IP; target's IP.
_ARP: Final = Struct("!12x8sH6s4s6x4s")
_ETHERNET_IPV4: Final = bytes.fromhex("0806000108000604")
_REQUEST, _REPLY = 1, 2
# Ethernet source; Ethertype and version; length; next header; hop limit; source; type, code; target.
_NDP: Final = Struct("!6x6sHH2xHBB16s16sH6x16s")
_ICMP, _OPTIONS = 54, 78  # where they begin
_SOLICITATION, _ADVERTISEMENT = 0x8700, 0x8800
_TARGET_MAC: Final = 2
_UNSPECIFIED: Final = bytes(16)
_NO_MAC: Final = bytes(6)
_ONES: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Claim:
    """`mac` says that it has the address; with `probe`, that it would like to. `reply`: to some question."""

    address: IPAddress
    mac: bytes
    probe: bool = False
    reply: bool = False


def read_arp(frame: bytes) -> Claim | Unheeded:
    """What an Ethernet frame with ARP claims."""
    if len(frame) < _ARP.size:
        return Unheeded.MALFORMED
    head, operation, mac, sender, target = _ARP.unpack_from(frame)
    if head != _ETHERNET_IPV4 or operation not in (_REQUEST, _REPLY) or not _is_host(mac):
        return Unheeded.MALFORMED
    if any(sender):
        return Claim(IPv4Address(sender), mac, reply=operation == _REPLY)
    return Claim(IPv4Address(target), mac, probe=True) if operation == _REQUEST else Unheeded.MALFORMED


def read_ndp(frame: bytes) -> Claim | Unheeded:
    """What an Ethernet frame with IPv6 claims: an advertisement, or a solicitation without a source."""
    if len(frame) < _NDP.size:
        return Unheeded.MALFORMED
    mac, ethertype, version, length, next_header, hops, source, _, kind, target = _NDP.unpack_from(frame)
    end = _ICMP + length
    checks = (
        (ethertype != 0x86DD or version >> 12 != 6 or next_header != 58, Unheeded.MALFORMED),
        (length < _OPTIONS - _ICMP or len(frame) < end or target[0] == 0xFF, Unheeded.MALFORMED),
        (kind not in (_SOLICITATION, _ADVERTISEMENT), Unheeded.NOT_A_CLAIM),
        (kind == _SOLICITATION and source != _UNSPECIFIED, Unheeded.NOT_A_CLAIM),
        (hops != 255, Unheeded.HOP_LIMIT),
        ((int.from_bytes(frame[22:end]) + length + 58) % _ONES, Unheeded.CHECKSUM),
    )
    why = next((why for wrong, why in checks if wrong), None)
    if why is not None:
        return why
    probe = kind == _SOLICITATION
    said = mac if probe else _told_mac(frame[_OPTIONS:end], mac)
    if not _is_host(said):
        return Unheeded.MALFORMED
    return Claim(IPv6Address(target), said, probe=probe, reply=not probe)


def _told_mac(rest: bytes, sender: bytes) -> bytes:
    """The MAC that an advertisement gives, or else its sender's; none where the options are broken."""
    found = sender
    for kind, content in read_options(rest):
        if content is None or (kind == _TARGET_MAC and len(content) != 6):
            return _NO_MAC
        if kind == _TARGET_MAC:
            found = content
    return found


def _is_host(mac: bytes) -> bool:
    return mac != _NO_MAC and not mac[0] & 1
