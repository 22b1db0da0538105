"""The system calls behind namespaces and mounts, which Python's os module lacks (some until 3.12).

Facts: namespaces(7), user_namespaces(7), pid_namespaces(7), mount(2), mount_setattr(2), pivot_root(2),
prctl(2), capabilities(7), capset(2), seccomp(2), keyctl(2), ioctl_ns(2).
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import errno
import fcntl
import os
import socket
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable

CLONE_FS: Final = 0x0000_0200
CLONE_NEWNS: Final = 0x0002_0000
CLONE_NEWCGROUP: Final = 0x0200_0000
CLONE_NEWUTS: Final = 0x0400_0000
CLONE_NEWIPC: Final = 0x0800_0000
CLONE_NEWUSER: Final = 0x1000_0000
CLONE_NEWPID: Final = 0x2000_0000
CLONE_NEWNET: Final = 0x4000_0000
PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_SET_NAME: Final = 15
PR_SET_NO_NEW_PRIVS: Final = 38
_PR_CAPBSET_DROP: Final = 24
_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2
_CAPABILITY_VERSION: Final = 0x2008_0522  # _LINUX_CAPABILITY_VERSION_3: two words of 32 bits each
_MOST_CAPABILITIES: Final = 64
_KEYCTL_JOIN_SESSION_KEYRING: Final = 1
# By machine; where another is, the session's keyring stays.
_SYS_KEYCTL: Final = {"x86_64": 250, "aarch64": 219, "riscv64": 219, "s390x": 280, "ppc64le": 271}
MS_RDONLY: Final = 1
MS_NOSUID: Final = 2
MS_NODEV: Final = 4
MS_NOEXEC: Final = 8
MS_BIND: Final = 0x1000
MS_REC: Final = 0x4000
MS_PRIVATE: Final = 0x40000
MS_SLAVE: Final = 0x80000
_MS_REMOUNT: Final = 0x20
_MNT_DETACH: Final = 2
# What statvfs(3) says of a mount -> the same for mount(2)
_KEPT: Final = {
    **{bit: bit for bit in (os.ST_NOSUID, os.ST_NODEV, os.ST_NOEXEC, os.ST_NOATIME, os.ST_NODIRATIME)},
    os.ST_RELATIME: 1 << 21,
}
_NS_GET_USERNS: Final = 0xB701  # ioctl_ns(2)
_MOUNT_SETATTR: Final = 442  # the same on every architecture
_AT_FDCWD: Final = -100
_AT_RECURSIVE: Final = 0x8000
_MOUNT_ATTR_RDONLY: Final = 1
_SECCOMP_INSTRUCTION: Final = 8  # bytes: struct sock_filter

_LIBC: Final = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Move the calling thread (CLONE_NEWPID: its future children) into new ones; OSError where refused."""
    _check("unshare", _LIBC.unshare(flags))


def setns(fd: int, flags: int) -> None:
    """Enter the namespace behind `fd`; OSError where refused."""
    _check("setns", _LIBC.setns(fd, flags))


def owning_user_namespace(fd: int) -> int:
    """A descriptor of the user namespace that owns the one behind `fd`; PermissionError: it is above."""
    return fcntl.ioctl(fd, _NS_GET_USERNS)


def prctl(option: int, value: int | bytes) -> None:
    """prctl(2) with one argument."""
    _check("prctl", _LIBC.prctl(option, value, 0, 0, 0))


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2); OSError, which names the target, where refused."""
    words = [word.encode() if word else None for word in (source, target, kind)]
    result = _LIBC.mount(*words, ctypes.c_ulong(flags), options.encode() if options else None)
    _check(f"mount {kind or source} on {target}", result)


def unmount(target: str) -> None:
    """Take the mount, and those below it, out of sight; they end when nobody uses them (MNT_DETACH)."""
    _check(f"unmount {target}", _LIBC.umount2(target.encode(), _MNT_DETACH))


def make_read_only(target: str, *, alone: bool = False) -> None:
    """The mount and those below it, unless `alone`; before Linux 5.12 always alone. OSError where refused."""
    try:
        _set_mount_attributes(target, (_MOUNT_ATTR_RDONLY, 0), 0 if alone else _AT_RECURSIVE)
    except OSError as error:
        if error.errno != errno.ENOSYS:
            raise
        # Flags that the mount has may be locked (mount_namespaces(7)): they must be named, to stay.
        kept = os.statvfs(target).f_flag
        flags = MS_BIND | _MS_REMOUNT | sum(flag for bit, flag in _KEPT.items() if kept & bit)
        mount("none", target, flags=flags | os.ST_RDONLY)


def make_writable(target: str) -> None:
    """Take back `make_read_only` for the mount alone; OSError where refused, and before Linux 5.12."""
    _set_mount_attributes(target, (0, _MOUNT_ATTR_RDONLY), 0)


def _set_mount_attributes(target: str, change: tuple[int, int], depth: int) -> None:
    attributes = (ctypes.c_uint64 * 4)(*change, 0, 0)
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    place = (ctypes.c_int(_AT_FDCWD), target.encode(), ctypes.c_uint(depth))
    result = _LIBC.syscall(ctypes.c_long(_MOUNT_SETATTR), *place, attributes, size)
    _check(f"change the mount {target}", result)


def pivot_root(new: str, old: str) -> None:
    """The mount `new` becomes the root, and the root before it is seen at `old`."""
    _check(f"pivot_root {new}", _LIBC.pivot_root(new.encode(), old.encode()))


def receive_fds(sock: socket.socket, size: int, most: int) -> tuple[bytes, list[int]]:
    """One message and the descriptors that came with it, closed at exec; OSError.

    socket.recv_fds takes flags and drops them (CPython 3.11 to 3.13), so what it receives is inherited.
    """
    found = array.array("i")
    space = socket.CMSG_SPACE(most * found.itemsize)
    message, ancillary, _, _ = sock.recvmsg(size, space, socket.MSG_CMSG_CLOEXEC)
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    return message, list(found)


def close_all_but(kept: Container[int]) -> None:
    """Close every descriptor of this process that is not among these."""
    for fd in [int(name) for name in os.listdir("/proc/self/fd")]:
        if fd not in kept:
            with contextlib.suppress(OSError):  # the one that listed the folder
                os.close(fd)


def set_capabilities(kept: Iterable[int]) -> None:
    """The calling thread's permitted and effective capabilities are these, its inheritable ones none."""
    words = [0, 0]
    for number in kept:
        words[number // 32] |= 1 << number % 32
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    data = (ctypes.c_uint32 * 6)(words[0], words[0], 0, words[1], words[1], 0)
    _check("capset", _LIBC.capset(header, data))


def bound_capabilities(kept: Collection[int]) -> None:
    """No program that the calling thread starts will have others than these."""
    for number in range(_MOST_CAPABILITIES):
        if number in kept:
            continue
        try:
            prctl(_PR_CAPBSET_DROP, number)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            return  # the kernel knows no more


def load_seccomp(program: bytes) -> None:
    """Filter the calling thread's system calls by this BPF program (struct sock_filter's), for ever."""
    instructions = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))

    wanted = Program(len(program) // _SECCOMP_INSTRUCTION, ctypes.addressof(instructions))
    result = _LIBC.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(wanted), 0, 0)
    _check("prctl(PR_SET_SECCOMP)", result)


def leave_session_keyring() -> None:
    """Begin a session keyring of its own, where the kernel has keys at all."""
    number = _SYS_KEYCTL.get(os.uname().machine)
    if number is not None:
        _LIBC.syscall(ctypes.c_long(number), _KEYCTL_JOIN_SESSION_KEYRING, None)


def _check(call: str, result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
