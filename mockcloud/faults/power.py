"""A node's power: all that runs on it ends at once, and nothing starts there until it has power again."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING, Final

from mockcloud.lab.errors import LabError
from mockcloud.node.sandbox.records import living_pods

if TYPE_CHECKING:
    from mockcloud.lab.state import LabFolder, LabState

_SECONDS: Final = 20.0
_PAUSE: Final = 0.02


def cut(lab: LabFolder, state: LabState, host: str) -> None:
    """Kill (-9) its daemons, and then its pods; LabError where some of them do not end."""
    off = lab.off(host)
    off.parent.mkdir(exist_ok=True)
    off.touch()
    for daemon in state.daemons:
        if daemon.host == host and daemon.pid is not None:
            _kill(daemon.pid)
    deadline = time.monotonic() + _SECONDS
    while left := living_pods(lab.data(host)):  # one that was only begun comes up yet
        if time.monotonic() > deadline:
            msg = f"pods of {host} do not end: {', '.join(sorted(each.name for each in left))}"
            raise LabError(msg)
        for first in left.values():
            _kill(first)
        time.sleep(_PAUSE)


def give(lab: LabFolder, host: str) -> None:
    """From now on its daemons are started again."""
    lab.off(host).unlink(missing_ok=True)


def wait_until_up(lab: LabFolder, host: str) -> None:
    """Until the host's daemons are ready; LabError where they do not get so."""
    deadline = time.monotonic() + 3 * _SECONDS
    while waited := [each.name for each in lab.read().daemons if each.host == host and each.state != "ready"]:
        if time.monotonic() > deadline:
            msg = f"{', '.join(waited)} did not get ready: see mockcloud logs --name {lab.name} {waited[0]}"
            raise LabError(msg)
        time.sleep(_PAUSE)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
