"""The kernel's filter for frames that claim addresses: of a LAN's chatter hardly anything passes it.

An ordinary question is dropped by the kernel: neither its sender nor, where it has none, its target is in the
ranges that are of interest. So those who listen for claims take nothing from those who answer questions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from baremetal_lb.link.bpf import (
    AND,
    ARRIVED_ON,
    DROP,
    IF_AT_LEAST,
    IF_EQUAL,
    IF_GREATER,
    KEEP,
    LOAD_BYTE,
    LOAD_HALF,
    LOAD_WORD,
    PACKET_TYPE,
    Step,
    assemble,
    at_most,
    equal,
    jump,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baremetal_lb.link.bpf import Instruction, Line

_RANGES: Final = "ranges"


@dataclass(frozen=True, slots=True)
class ArpClaims:
    """ARP from or, as a probe, for an address in the spans (of addresses as numbers)."""

    spans: tuple[tuple[int, int], ...]
    ethertype: int = 0x0806

    def program(self, index: int) -> list[Instruction]:
        """For the interface of that number."""
        lines: list[Line] = [
            *_arrived(index, 1),
            *(Step(LOAD_HALF, 12), equal(0x0806)),
            *(Step(LOAD_WORD, 14), equal(0x00010800)),  # Ethernet, IPv4
            *(Step(LOAD_HALF, 18), equal(0x0604)),  # address lengths 6 and 4
            *(Step(LOAD_BYTE, 41), Step(LOAD_WORD, 28)),  # all of it is there; the sender
            Step(IF_EQUAL, 0, otherwise=_RANGES),
            Step(LOAD_WORD, 38),  # the target
        ]
        return assemble([*lines, *_in(self.spans)], 64)


@dataclass(frozen=True, slots=True)
class NdpClaims:
    """Advertisements of an address, and solicitations without a source for one, whose last 32 bits are in
    the spans.
    """

    spans: tuple[tuple[int, int], ...]
    ethertype: int = 0x86DD

    def program(self, index: int) -> list[Instruction]:
        """For the interface of that number."""
        source = (each for at in (22, 26, 30, 34) for each in (Step(LOAD_WORD, at), equal(0)))
        lines: list[Line] = [
            *_arrived(index, 2),
            *(Step(LOAD_HALF, 12), equal(0x86DD)),
            *(Step(LOAD_BYTE, 14), Step(AND, 0xF0), equal(0x60)),
            *(Step(LOAD_BYTE, 20), equal(58)),  # ICMPv6
            *(Step(LOAD_BYTE, 54), Step(IF_EQUAL, 136, then="target", otherwise=None), equal(135)),
            *source,
            *("target", Step(LOAD_WORD, 74)),
        ]
        return assemble([*lines, *_in(self.spans)], 256)


def _arrived(index: int, reach: int) -> Iterator[Step]:
    """Not on a VLAN interface above, and to nobody but us and, as far as `reach` says, many."""
    yield from (Step(LOAD_WORD, ARRIVED_ON), equal(index))
    yield from (Step(LOAD_BYTE, PACKET_TYPE), at_most(reach))


def _in(spans: tuple[tuple[int, int], ...]) -> Iterator[Line]:
    """Whether the number loaded is in one of the spans, which are in order."""
    yield _RANGES
    for number, (first, last) in enumerate(spans):
        yield Step(IF_AT_LEAST, first)
        yield Step(IF_GREATER, last, then=f"span {number + 1}", otherwise=KEEP)
        yield f"span {number + 1}"
    yield jump(DROP)
