"""Who else has an address of ours, and what the watchdog found: what is said of both, on every way out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from baremetal_lb.model.addresses import IPAddress


class ConflictKind(StrEnum):
    """How somebody else was found to have, or to want, an address."""

    IN_USE = "inUse"  # before our first use: somebody answered the probe, or spoke from the address
    PROBED = "probed"  # before our first use: somebody probed for it at the same time
    CLAIMED = "claimed"  # while we announce it, somebody says that it is his
    DOUBLED = "doubled"  # another of our own nodes announces it as well
    NODE_ADDRESS = "nodeAddress"  # a node of ours, perhaps this one, has it on an interface for itself

    @property
    def withholds(self) -> bool:
        """Whether the address is kept off the wire for it; else it is announced, and defended."""
        return self in (ConflictKind.IN_USE, ConflictKind.PROBED, ConflictKind.NODE_ADDRESS)


@dataclass(frozen=True, slots=True)
class Conflict:
    """One address that this node is to announce.

    `mac` (6 bytes) is who else has it, `node` that one's name where it is one of ours.
    """

    address: IPAddress
    kind: ConflictKind
    mac: bytes
    interface: str
    node: str | None = None

    def __str__(self) -> str:
        mac = self.mac.hex(":")
        node = self.node or "another node"
        return f"{_WORDS[self.kind].format(mac=mac, node=node)} on {self.interface}"


@dataclass(frozen=True, slots=True)
class Occupant:
    """Who had an address before us: the MAC (6 bytes), and all that is known of it, in words."""

    mac: bytes
    words: str

    def __str__(self) -> str:
        return self.words


class FindingKind(StrEnum):
    """What is wrong with an address that a node announces."""

    SILENT = "silent"  # nobody answers for it
    WRONG_MAC = "wrongMac"  # somebody answers, but not its owner
    # What an owner finds wrong with its own node.
    NO_ROUTE = "noRoute"  # its kernel cannot send to the address's LAN
    REVERSE_PATH = "reversePath"  # it drops what comes in, since its way back is by another interface
    IPV6_OFF = "ipv6Off"  # it takes no IPv6 on any interface where the address is to be announced

    @property
    def is_own(self) -> bool:
        """Whether an owner tells it of itself."""
        return self in (FindingKind.NO_ROUTE, FindingKind.REVERSE_PATH, FindingKind.IPV6_OFF)


@dataclass(frozen=True, slots=True)
class Finding:
    """One address that `owner` (a node) should answer for.

    `mac` (6 bytes) and `interface` say who does instead, where somebody does; of what an owner tells of
    itself, `interface` is where it announces, `way_out` the interface by which it sends to that LAN.
    """

    address: IPAddress
    kind: FindingKind
    owner: str
    mac: bytes = b""
    interface: str = ""
    way_out: str = ""

    def __str__(self) -> str:
        if self.kind.is_own:
            words = _OWN_WORDS[self.kind]
            return words.format(owner=self.owner, interface=self.interface, way_out=self.way_out)
        if self.kind is FindingKind.SILENT:
            return f"nobody answers for {self.address}, which {self.owner} announces"
        who = f"{self.mac.hex(':')} on {self.interface}"
        return f"{who} answers for {self.address}, which {self.owner} announces"


class Unheeded(StrEnum):
    """Why a frame that was overheard counted for nothing."""

    MALFORMED = "malformed"
    HOP_LIMIT = "hopLimit"  # not 255: it came from beyond the link
    CHECKSUM = "checksum"
    NOT_A_CLAIM = "notAClaim"  # an ordinary question
    NOT_OURS = "notOurs"  # about an address that nothing is expected of
    OWN = "own"  # sent by this node
    PROBE = "probe"  # for an address that is announced: answered like any question, its sender is to give up
    TOO_MANY = "tooMany"  # the kernel's queue was full: they come faster than they are read


_WORDS = {
    ConflictKind.IN_USE: "{mac} has it",
    ConflictKind.PROBED: "{mac} is probing for it, too,",
    ConflictKind.CLAIMED: "{mac} claims it",
    ConflictKind.DOUBLED: "{node} ({mac}) announces it as well",
    ConflictKind.NODE_ADDRESS: "node {node} has it for itself",
}
_OWN_WORDS = {
    FindingKind.NO_ROUTE: (
        "{owner} answers on {interface}, but has no route to the address's network, so that no client gets "
        "a reply; give {interface} an address or a route there"
    ),
    FindingKind.REVERSE_PATH: (
        "{owner} answers on {interface}, but its route to the address's network is by {way_out}, so its "
        "kernel drops what comes in (rp_filter is 1); set net.ipv4.conf.{interface}.rp_filter to 2, route by "
        "{interface}, or name {way_out} in the pool's `interfaces`"
    ),
    FindingKind.IPV6_OFF: (
        "not announced on {interface} of {owner}, where IPv6 is switched off "
        "(net.ipv6.conf.{interface}.disable_ipv6 is 1)"
    ),
}
