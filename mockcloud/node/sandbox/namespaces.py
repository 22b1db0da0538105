"""Namespaces by their system calls; each is entered by a thread of its own (namespaces(7))."""

import asyncio
import ctypes
import os
import threading
from collections.abc import Callable
from typing import Final, TypeVar

CLONE_NEWUTS: Final = 0x0400_0000
CLONE_NEWPID: Final = 0x2000_0000
CLONE_NEWNET: Final = 0x4000_0000

T = TypeVar("T")
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Move the calling thread (CLONE_NEWPID: its future children) into new ones; OSError where refused."""
    if _LIBC.unshare(flags) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"unshare: {os.strerror(number)}")


async def in_own_thread(work: Callable[[], T]) -> T:
    """What `work` returns, run in a thread that ends afterwards, so that it may change its namespaces."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def settle(set_it: Callable[[], None]) -> None:
        if not outcome.done():
            set_it()

    def live() -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001  (it is raised where it is awaited)
            failure = error
            loop.call_soon_threadsafe(settle, lambda: outcome.set_exception(failure))
        else:
            loop.call_soon_threadsafe(settle, lambda: outcome.set_result(result))

    threading.Thread(target=live, name="namespace", daemon=True).start()
    return await outcome
