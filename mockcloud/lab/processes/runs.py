"""What the supervisor knows of one daemon."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockcloud.lab.state import DaemonState

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockcloud.lab.components.component import Daemon


@dataclass(slots=True)
class Run:
    """One daemon, from the wish for it to its end."""

    daemon: Daemon
    state: DaemonState
    ready: asyncio.Event  # it was, at least once
    ended: asyncio.Event  # no process of it runs now
    pid: int | None = None  # inside the lab's pid namespace
    started_at: float = 0.0
    failures: int = 0
    failed: Callable[[str], object] | None = None  # hears why it never got ready; None: the lab gives up
    leaving: bool = False  # it is to end for good
    readiness: int | None = None  # the pipe on which it says that it is ready
    told_ready: bool = False  # it has, maybe before the launcher's report of its pid was read


def run_of(daemon: Daemon) -> Run:
    """Of a daemon that is to be started."""
    state = DaemonState(daemon.name, daemon.host or "", "waiting")
    return Run(daemon, state, asyncio.Event(), asyncio.Event())


def how(status: int) -> str:
    """How a process ended, in words: its exit code, or minus the signal."""
    if status < 0:
        return f"was killed by {signal.Signals(-status).name}"
    return f"ended with exit code {status}"
