"""How many files a daemon may have open: a speaker has four sockets on each interface."""

from __future__ import annotations

import resource
from typing import Final

MOST: Final = 1 << 20
"""More helps nobody, and some systems have no hard limit at all."""


def raise_file_limit() -> int:
    """Raise this process's soft limit of open files to the hard one (`ulimit -Hn`), which needs no right.

    Returns the limit as it is now. The soft one is 1024 by default, which is for programs that use select(2).
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft == resource.RLIM_INFINITY or soft >= most:
        return soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most
