"""An AF_PACKET socket on one interface, to which the kernel passes only ARP requests for us or for all."""

from __future__ import annotations

import contextlib
import ctypes
import socket
from typing import TYPE_CHECKING, Final, Self

from baremetal_lb.link.errors import CapabilityMissing

if TYPE_CHECKING:
    from baremetal_lb.model.interfaces import Interface

ETH_P_ARP: Final = 0x0806
_SO_ATTACH_FILTER: Final = 26
_PACKET_TYPE: Final = 0xFFFFF000 + 4  # SKF_AD_OFF + SKF_AD_PKTTYPE: whom the frame was sent to
_TO_BROADCAST: Final = 1  # PACKET_HOST is 0; what goes to groups, to others or out of here is higher
_LOAD_BYTE, _LOAD_HALF, _LOAD_WORD, _IF_EQUAL, _IF_GREATER, _RETURN = 0x30, 0x28, 0x20, 0x15, 0x25, 0x06
_KEEP: Final = 64  # bytes of a frame that reach us
# Classic BPF: code, how far to jump if true, if false, operand. A load beyond the frame's end drops it.
_FILTER: Final = (
    (_LOAD_BYTE, 0, 0, _PACKET_TYPE),
    (_IF_GREATER, 8, 0, _TO_BROADCAST),
    (_LOAD_WORD, 0, 0, 14),
    (_IF_EQUAL, 0, 6, 0x00010800),  # Ethernet, IPv4
    (_LOAD_WORD, 0, 0, 18),
    (_IF_EQUAL, 0, 4, 0x06040001),  # address lengths 6 and 4, a request
    (_LOAD_HALF, 0, 0, 12),
    (_IF_EQUAL, 0, 2, ETH_P_ARP),
    (_LOAD_BYTE, 0, 0, 41),  # the last byte of an IPv4 ARP packet
    (_RETURN, 0, 0, _KEEP),
    (_RETURN, 0, 0, 0),
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
    def open(cls, interface: Interface) -> Self:
        """On an interface that is up. CapabilityMissing without NET_RAW; OSError where it is gone."""
        opened = _packet_socket()
        try:
            opened.setblocking(False)
            _attach_filter(opened)
            opened.bind((interface.name, ETH_P_ARP))
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


def _attach_filter(opened: socket.socket) -> None:
    instructions = (_Instruction * len(_FILTER))(*[_Instruction(*each) for each in _FILTER])
    program = _Program(len(_FILTER), instructions)
    opened.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, bytes(program))
