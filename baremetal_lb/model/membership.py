"""What speakers tell each other, and what one knows of the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Ident: TypeAlias = int  # a node's name in 64 bits


class MemberState(IntEnum):
    """What a speaker says of itself; the numbers are those on the wire."""

    SETTLING = 0  # has not heard its peers yet: after its start, a pause, or having been cut off
    RETURNING = 1  # takes only what nobody else could
    FRESH = 2  # takes its share, but not for long yet: who comes now need not wait for it
    ACTIVE = 3
    LEAVING = 4  # hands over, then stops
    CUT_OFF = 5  # hears nobody, though there are others


TAKING: frozenset[MemberState] = frozenset({MemberState.FRESH, MemberState.ACTIVE})
ABLE: frozenset[MemberState] = TAKING | {MemberState.RETURNING}


@dataclass(frozen=True, slots=True)
class Uplink:
    """An interface that a speaker can announce on: up, with a carrier. `mac` has 6 bytes."""

    name: str
    mac: bytes
    steady: bool = True  # False: it came back a short while ago, and others are better
    ipv6: bool = True  # False: the kernel takes no IPv6 there


@dataclass(frozen=True, slots=True)
class Record:
    """What one speaker says of itself, told on by others; of two the one with the higher version counts."""

    ident: Ident
    version: int
    state: MemberState
    missing: frozenset[Ident] = frozenset()  # the neighbours that it should hear and does not
    uplinks: tuple[Uplink, ...] = ()


@dataclass(frozen=True, slots=True)
class Echo:
    """Proof of having heard: whose stamp, which one, and how many microseconds ago."""

    incarnation: int
    stamp: int
    held: int


@dataclass(frozen=True, slots=True)
class Beat:
    """One heartbeat. `stamp`: microseconds of the sender's own clock, never the same twice."""

    sender: str
    incarnation: int
    stamp: int
    echo: Echo | None
    digest: int
    records: tuple[Record, ...]
    answer: bool = False  # whether the sender wants one back at once


class Ignored(StrEnum):
    """Why a datagram counted for nothing."""

    MALFORMED = "malformed"
    VERSION = "version"
    SIGNATURE = "signature"
    UNKNOWN_SENDER = "unknownSender"
    OWN = "own"
    REPLAYED = "replayed"  # not newer than what was heard before
    UNPROVEN = "unproven"  # does not show that its sender has heard us lately: a greeting, or a replay


class NotHeard(StrEnum):
    """Why a node that is Ready is not heard, though a speaker may live there."""

    SILENT = "silent"  # nothing comes from it
    ONE_WAY = "oneWay"  # it is heard, but does not hear us
    UNREADABLE = "unreadable"  # what it sends is of another release, or signed with another key


@dataclass(frozen=True, slots=True)
class View:
    """The speakers that are alive, by node, this one among them, as each says that it is.

    `macs` are those of all speakers ever heard of, for a while after they were last told, too.
    """

    states: Mapping[str, MemberState] = field(default_factory=dict)
    uplinks: Mapping[str, tuple[Uplink, ...]] = field(default_factory=dict)
    macs: frozenset[bytes] = frozenset()


def ident(name: str) -> Ident:
    """A node's name in 64 bits."""
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big")
