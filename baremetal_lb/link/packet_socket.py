"""An AF_PACKET socket on one interface, to which the kernel passes only requests that might be answered.

Those are ARP requests to us or to everybody, and neighbour solicitations to us or to a group.
"""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, Self

from baremetal_lb.link.bpf import (
    AND,
    ARRIVED_ON,
    LOAD_BYTE,
    LOAD_HALF,
    LOAD_WORD,
    PACKET_TYPE,
    Step,
    assemble,
    at_most,
    equal,
)
from baremetal_lb.link.errors import CapabilityMissing

if TYPE_CHECKING:
    from baremetal_lb.link.bpf import Instruction
    from baremetal_lb.model.interfaces import Interface

_SO_ATTACH_FILTER: Final = 26
_SOL_PACKET, _ADD_MEMBERSHIP, _STATISTICS = 263, 1, 6
_GROUP, _ALL_GROUPS = 0, 2  # kinds of membership


class Wanted(Protocol):
    """What a socket is to receive: frames of one Ethertype, and of these what the kernel's filter passes."""

    @property
    def ethertype(self) -> int:
        """As in an Ethernet frame."""
        ...

    def program(self, index: int) -> list[Instruction]:
        """The filter for the interface of that number."""
        ...


@dataclass(frozen=True, slots=True)
class Asking:
    """One protocol's requests: Ethertype, whom they go to at most, how much of one is wanted, and tests."""

    ethertype: int
    reach: int  # PACKET_HOST 0, PACKET_BROADCAST 1, PACKET_MULTICAST 2; to others, or out of here: above
    keep: int
    tests: tuple[Step, ...]

    def program(self, index: int) -> list[Instruction]:
        """The filter for the interface of that number."""
        # A frame that a VLAN interface took is shown to sockets on the interface below, too.
        arrived = Step(LOAD_WORD, ARRIVED_ON), equal(index)
        reach = Step(LOAD_BYTE, PACKET_TYPE), at_most(self.reach)
        return assemble((*arrived, *reach, *self.tests), self.keep)


ARP: Final = Asking(
    0x0806,
    1,
    64,
    (
        *(Step(LOAD_HALF, 12), equal(0x0806)),
        *(Step(LOAD_WORD, 14), equal(0x00010800)),  # Ethernet, IPv4
        *(Step(LOAD_WORD, 18), equal(0x06040001)),  # address lengths 6 and 4, a request
        Step(LOAD_BYTE, 41),  # the last byte of an IPv4 ARP packet
    ),
)
NDP: Final = Asking(
    0x86DD,
    2,
    512,
    (
        *(Step(LOAD_HALF, 12), equal(0x86DD)),
        *(Step(LOAD_BYTE, 14), Step(AND, 0xF0), equal(0x60)),
        *(Step(LOAD_BYTE, 20), equal(58)),  # ICMPv6
        *(Step(LOAD_BYTE, 54), equal(135)),  # neighbour solicitation
        Step(LOAD_BYTE, 77),  # the last byte of its target
    ),
)


def require_net_raw() -> None:
    """Raise CapabilityMissing where no packet socket can be had: at the start, not at the first link."""
    _packet_socket().close()


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("jump_true", ctypes.c_uint8),
        ("jump_false", ctypes.c_uint8),
        ("operand", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction)))


class PacketSocket:
    """Reads whole Ethernet frames and sends them. The file descriptor never blocks."""

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened

    @classmethod
    def open(cls, interface: Interface, wanted: Wanted = ARP) -> Self:
        """On an interface that is up. CapabilityMissing without NET_RAW; OSError where it is gone."""
        opened = _packet_socket()
        try:
            opened.setblocking(False)
            _attach_filter(opened, wanted.program(interface.index))
            opened.bind((interface.name, wanted.ethertype))
        except OSError:
            opened.close()
            raise
        return cls(opened)

    def fileno(self) -> int:
        """The descriptor, to poll and to read frames in batches from."""
        return self._socket.fileno()

    def send(self, frame: bytes) -> bool:
        """Whether the kernel took the frame; a link that is down or full loses it, as Ethernet may."""
        with contextlib.suppress(OSError):
            return self._socket.send(frame) == len(frame)
        return False

    def receive_all_groups(self, index: int) -> None:
        """Receive what goes to any group's MAC, until closed. OSError where the interface is gone."""
        request = struct.pack("@iHH8s", index, _ALL_GROUPS, 0, b"")
        self._socket.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, request)

    def receive_group(self, index: int, mac: bytes) -> None:
        """Receive what goes to one group's MAC, until closed. OSError where the interface is gone."""
        request = struct.pack("@iHH8s", index, _GROUP, len(mac), mac)
        self._socket.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, request)

    def want(self, wanted: Wanted, index: int) -> None:
        """Another filter, at once and for good; the Ethertype stays."""
        _attach_filter(self._socket, wanted.program(index))

    def shorten_queue(self, size: int) -> None:
        """Let the kernel keep at most that many bytes of frames (and of what it keeps beside them)."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)

    def overruns(self) -> int:
        """The frames that found the queue full since this was last asked."""
        return int(struct.unpack("@II", self._socket.getsockopt(_SOL_PACKET, _STATISTICS, 8))[1])

    def detach(self) -> socket.socket:
        """The bare socket, for another owner."""
        return self._socket

    def close(self) -> None:
        """Give the descriptor up."""
        self._socket.close()


def _packet_socket() -> socket.socket:
    try:
        # Protocol 0 receives nothing, so that no frame passes before the filter stands.
        return socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    except PermissionError as exc:
        raise CapabilityMissing.net_raw() from exc


def _attach_filter(opened: socket.socket, steps: list[Instruction]) -> None:
    instructions = (_Instruction * len(steps))(*[_Instruction(*each) for each in steps])
    program = _Program(len(steps), instructions)
    opened.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, bytes(program))
