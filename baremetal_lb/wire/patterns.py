"""Frames as scapy built them (`generate`), with an interface's MAC; addresses are filled in by others."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from typing import Final

MAC_LENGTH: Final = 6
_ONES: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class _Pattern:
    frame: bytes
    macs: tuple[int, ...]  # where the sender's MAC goes
    checksum: int | None  # where that is which covers one of these places


def _load() -> dict[str, _Pattern]:
    listed = json.loads(resources.files(__package__).joinpath("frames.json").read_bytes())
    return {
        name: _Pattern(bytes.fromhex(each["frame"]), tuple(each["macs"]), each["checksum"])
        for name, each in listed.items()
    }


_PATTERNS: Final = _load()


def pattern(name: str, mac: bytes) -> bytes:
    """The frame of that name, from that MAC. Raises ValueError where the MAC has not 6 bytes.

    The checksum follows by arithmetic (RFC 1624): without a MAC it was computed with zeros.
    """
    if len(mac) != MAC_LENGTH:
        msg = f"an Ethernet MAC has 6 bytes, {mac.hex(':')!r} has {len(mac)}"
        raise ValueError(msg)
    found = _PATTERNS[name]
    frame = bytearray(found.frame)
    for start in found.macs:
        frame[start : start + MAC_LENGTH] = mac
    if found.checksum is not None:
        place = slice(found.checksum, found.checksum + 2)
        frame[place] = ((int.from_bytes(frame[place]) - int.from_bytes(mac)) % _ONES).to_bytes(2)
    return bytes(frame)
