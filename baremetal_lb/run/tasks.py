"""How a daemon starts, says that it is ready, and stops."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
from typing import TYPE_CHECKING, Any, Final

import structlog

from baremetal_lb.kube.errors import KubeconfigError
from baremetal_lb.link.errors import ResponderFailed
from baremetal_lb.model.errors import ClusterTooOld, PortTaken

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

GARBAGE: Final = 50_000  # new objects between two looks for cycles; Python's own is 700
log = structlog.get_logger("daemon")


def run_daemon(main: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Run a daemon until SIGTERM or SIGINT. Returns its exit code: 0 when told to stop, 1 when it failed."""
    code = 0
    _collect_seldom()
    try:
        asyncio.run(_until_signal(main))
    except* (ClusterTooOld, KubeconfigError, PortTaken, ResponderFailed) as group:
        for error in _leaves(group):
            log.error("cannot run", error=str(error))
        code = 1
    return code


def _collect_seldom() -> None:
    """While Python looks for cycles all threads stand still, also the one that answers ARP.

    Thousands of Services are thousands of objects that live: most of these looks find nothing.
    """
    gc.set_threshold(GARBAGE)


def notify_ready() -> None:
    """Tell whoever started us, by a newline on the descriptor in $READY_FD (s6's notification-fd), once.

    That he waits no longer is no reason to end.
    """
    number = os.environ.pop("READY_FD", "")
    if number:
        with contextlib.suppress(BrokenPipeError), os.fdopen(int(number), "w") as stream:
            stream.write("\n")


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for each in error.exceptions for leaf in _leaves(each)]
    return [error]


async def _until_signal(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with asyncio.TaskGroup() as group:
        daemon = group.create_task(main(), name="daemon")
        stopper = group.create_task(stop.wait(), name="wait for a signal")
        await asyncio.wait((daemon, stopper), return_when=asyncio.FIRST_COMPLETED)
        daemon.cancel()
        stopper.cancel()
