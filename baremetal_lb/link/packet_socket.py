"""An AF_PACKET socket on one interface, to which the kernel passes only requests that might be answered.

Those are ARP requests to us or to everybody, and neighbour solicitations to us or to a group.
"""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from baremetal_lb.link.errors import CapabilityMissing

if TYPE_CHECKING:
    from baremetal_lb.model.interfaces import Interface

_SO_ATTACH_FILTER: Final = 26
_SOL_PACKET, _ADD_MEMBERSHIP, _ALL_GROUPS = 263, 1, 2
_EXTRA: Final = 0xFFFFF000  # SKF_AD_OFF: what the kernel knows of a frame beside its bytes
_PACKET_TYPE, _ARRIVED_ON = _EXTRA + 4, _EXTRA + 8
_LOAD_BYTE, _LOAD_HALF, _LOAD_WORD, _AND, _RETURN = 0x30, 0x28, 0x20, 0x54, 0x06
_IF_EQUAL, _IF_GREATER = 0x15, 0x25


class Asking(NamedTuple):
    """One protocol's requests: Ethertype, whom they go to at most, how much of a frame is wanted, and tests.

    A test is a classic BPF load and the value that it must give; a load beyond the frame's end drops it.
    """

    ethertype: int
    reach: int  # PACKET_HOST 0, PACKET_BROADCAST 1, PACKET_MULTICAST 2; to others, or out of here: above
    keep: int
    tests: tuple[tuple[tuple[int, int], ...], ...]


ARP: Final = Asking(
    0x0806,
    1,
    64,
    (
        ((_LOAD_HALF, 12), (_IF_EQUAL, 0x0806)),
        ((_LOAD_WORD, 14), (_IF_EQUAL, 0x00010800)),  # Ethernet, IPv4
        ((_LOAD_WORD, 18), (_IF_EQUAL, 0x06040001)),  # address lengths 6 and 4, a request
        ((_LOAD_BYTE, 41),),  # the last byte of an IPv4 ARP packet
    ),
)
NDP: Final = Asking(
    0x86DD,
    2,
    512,
    (
        ((_LOAD_HALF, 12), (_IF_EQUAL, 0x86DD)),
        ((_LOAD_BYTE, 14), (_AND, 0xF0), (_IF_EQUAL, 0x60)),
        ((_LOAD_BYTE, 20), (_IF_EQUAL, 58)),  # ICMPv6
        ((_LOAD_BYTE, 54), (_IF_EQUAL, 135)),  # neighbour solicitation
        ((_LOAD_BYTE, 77),),  # the last byte of its target
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
    def open(cls, interface: Interface, asking: Asking = ARP) -> Self:
        """On an interface that is up. CapabilityMissing without NET_RAW; OSError where it is gone."""
        opened = _packet_socket()
        try:
            opened.setblocking(False)
            _attach_filter(opened, _program(asking, interface.index))
            opened.bind((interface.name, asking.ethertype))
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


def _program(asking: Asking, index: int) -> list[tuple[int, int, int, int]]:
    """Classic BPF: code, how far to jump if true, if false, operand; a test that fails jumps to the end."""
    tests = (
        # A frame that a VLAN interface took is shown to sockets on the interface below, too.
        ((_LOAD_WORD, _ARRIVED_ON), (_IF_EQUAL, index)),
        ((_LOAD_BYTE, _PACKET_TYPE), (_IF_GREATER, asking.reach)),
        *asking.tests,
    )
    steps = [step for test in tests for step in test]
    program = []
    for at, (code, operand) in enumerate(steps):
        away = len(steps) - at  # over the rest and the instruction that keeps
        on_true, on_false = {_IF_EQUAL: (0, away), _IF_GREATER: (away, 0)}.get(code, (0, 0))
        program.append((code, on_true, on_false, operand))
    return [*program, (_RETURN, 0, 0, asking.keep), (_RETURN, 0, 0, 0)]


def _attach_filter(opened: socket.socket, steps: list[tuple[int, int, int, int]]) -> None:
    instructions = (_Instruction * len(steps))(*[_Instruction(*each) for each in steps])
    program = _Program(len(steps), instructions)
    opened.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, bytes(program))
