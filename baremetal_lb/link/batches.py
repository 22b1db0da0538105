"""Many frames in one system call: recvmmsg(2) and sendmmsg(2) on buffers made once.

Python's socket module has neither. Neither call waits, so they keep the interpreter (PyDLL): to hand it to
another thread at each call and to wait for it afterwards costs more than the call where that thread is busy.
"""

from __future__ import annotations

import ctypes
import errno
import os
from typing import Final

COUNT: Final = 64
_LIBC: Final = ctypes.PyDLL(None, use_errno=True)
_MSG_DONTWAIT: Final = 0x40
# Nothing to read, no room to write, a link that went or has no room for such a frame (EMSGSIZE), a rule that
# forbids it (EPERM): whatever the network says, the frame is lost, the socket is not. Ours are these.
_FAULTS: Final = frozenset({errno.EBADF, errno.EFAULT, errno.ENOSYS, errno.ENOTSOCK})


class _IoVec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("parts", ctypes.POINTER(_IoVec)),
        ("part_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    _fields_ = (("header", _Header), ("size", ctypes.c_uint32))


_receive = _LIBC.recvmmsg
_receive.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)
_send = _LIBC.sendmmsg
_send.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)


class Batch:
    """COUNT frames of at most `length` bytes, one every `slot` bytes; `sizes` are those last received."""

    def __init__(self, slot: int, length: int) -> None:
        self.buffer = bytearray(slot * COUNT)
        self._pinned = (ctypes.c_char * len(self.buffer)).from_buffer(self.buffer)
        start = ctypes.addressof(self._pinned)
        self._parts = (_IoVec * COUNT)(*[_IoVec(start + at * slot, length) for at in range(COUNT)])
        self._messages = (_Message * COUNT)()
        for message, part in zip(self._messages, self._parts, strict=True):
            message.header.parts = ctypes.pointer(part)
            message.header.part_count = 1
        self._address = ctypes.addressof(self._messages)
        words = memoryview(self._messages).cast("B").cast("I")
        word = _Message.size.offset // 4
        self.sizes = words[word :: ctypes.sizeof(_Message) // 4]

    def receive(self, fd: int) -> int:
        """Read what waits on a packet socket, at once; the number of frames, 0 where there is none."""
        count: int = _receive(fd, self._address, COUNT, _MSG_DONTWAIT, None)
        return count if count >= 0 else _pass_over("recvmmsg")

    def send(self, fd: int, count: int) -> int:
        """Send the first `count` frames, each `length` long; how many the kernel took without waiting."""
        sent: int = _send(fd, self._address, count, _MSG_DONTWAIT)
        return sent if sent >= 0 else _pass_over("sendmmsg")


def _pass_over(call: str) -> int:
    number = ctypes.get_errno()
    if number not in _FAULTS:
        return 0
    message = f"{call}: {os.strerror(number)}"
    raise OSError(number, message)
