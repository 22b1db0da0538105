"""Threads of their own, which may change their namespaces (namespaces(7))."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


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
