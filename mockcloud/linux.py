"""The system calls behind namespaces, which Python's os module lacks before 3.12, and prctl.

Facts: namespaces(7), user_namespaces(7), pid_namespaces(7), prctl(2).
"""

from __future__ import annotations

import ctypes
import os
from typing import Final

CLONE_NEWUTS: Final = 0x0400_0000
CLONE_NEWUSER: Final = 0x1000_0000
CLONE_NEWPID: Final = 0x2000_0000
CLONE_NEWNET: Final = 0x4000_0000
PR_SET_PDEATHSIG: Final = 1
PR_SET_NAME: Final = 15

_LIBC: Final = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Move the calling thread (CLONE_NEWPID: its future children) into new ones; OSError where refused."""
    _check("unshare", _LIBC.unshare(flags))


def setns(fd: int, flags: int) -> None:
    """Enter the namespace behind `fd`; OSError where refused."""
    _check("setns", _LIBC.setns(fd, flags))


def prctl(option: int, value: int | bytes) -> None:
    """prctl(2) with one argument."""
    _check("prctl", _LIBC.prctl(option, value, 0, 0, 0))


def _check(call: str, result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
