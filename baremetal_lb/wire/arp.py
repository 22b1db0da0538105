"""ARP frames (RFC 826, RFC 5227), built by scapy once for each interface and filled in for each address.

A frame takes scapy half a millisecond and more, which at thousands of addresses would stop a speaker for
seconds when they move to it; so scapy builds one pattern for a MAC, and an address is four bytes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from scapy.data import MANUFDB
from scapy.layers.l2 import ARP, Ether

if TYPE_CHECKING:
    from ipaddress import IPv4Address

# scapy loads the names of all makers of network cards, 50,000 of them; frames need none, and a speaker would
# keep 10 MiB of them.
MANUFDB.d.clear()

BROADCAST: Final = "ff:ff:ff:ff:ff:ff"
SENDER_IP: Final = slice(28, 32)
TARGET_IP: Final = slice(38, 42)
_UNSET: Final = "0.0.0.0"
_UNSET_MAC: Final = "00:00:00:00:00:00"


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
    if len(mac) != 6:
        msg = f"an Ethernet MAC has 6 bytes, {mac.hex(':')!r} has {len(mac)}"
        raise ValueError(msg)
    text = mac.hex(":")
    reply = Ether(dst=BROADCAST, src=text) / ARP(
        op="is-at", hwsrc=text, psrc=_UNSET, hwdst=BROADCAST, pdst=_UNSET
    )
    request = reply.copy()
    request[ARP].op = "who-has"
    question = request.copy()
    question[ARP].hwdst = _UNSET_MAC
    return ArpFrames(bytes(reply), (bytes(request), bytes(reply)), bytes(question))


def _fill(frame: bytes, address: bytes) -> bytes:
    return frame[: SENDER_IP.start] + address + frame[SENDER_IP.stop : TARGET_IP.start] + address
