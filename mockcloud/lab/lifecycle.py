"""`mockcloud up` and `down` as seen from outside the lab."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import time
from typing import TYPE_CHECKING, Any, Final

from mockcloud.lab.errors import LabError
from mockcloud.lab.processes.keeper import start_keeper

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from mockcloud.lab.daemons import Plan
    from mockcloud.lab.state import LabFolder

_STOP_SECONDS: Final = 12.0
_KILLED_SECONDS: Final = 3.0


def up(plan: Plan, folder: LabFolder) -> Iterator[dict[str, Any]]:
    """Start the lab; yields its reports as they come, and ends when it is ready. LabError where it fails."""
    started = time.monotonic()
    _require_nft()
    lock = folder.acquire()
    if folder.empty():
        yield {"note": f"removed what was left of an earlier lab {folder.name!r} that did not end well"}
    folder.make()
    try:
        reports = start_keeper(plan, folder, lock)
    finally:
        os.close(lock)  # the lab's own processes hold it from here on
    with reports:
        yield from _until_ready(folder, reports, started)


def down(folder: LabFolder) -> bool:
    """Stop the lab and remove its folder; was there one? LabError where it would not end."""
    if not folder.is_alive():
        return folder.remove_dead()
    keeper = folder.read().keeper_pid
    pidfd = os.pidfd_open(keeper)
    try:
        signal.pidfd_send_signal(pidfd, signal.SIGTERM)
        if not _wait_for_end(folder, _STOP_SECONDS):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            if not _wait_for_end(folder, _KILLED_SECONDS):
                msg = f"the lab {folder.name!r} (keeper {keeper}) does not end, not even by SIGKILL"
                raise LabError(msg)
        select.select([pidfd], [], [], _KILLED_SECONDS)  # `ps` shows nothing of it either
    finally:
        os.close(pidfd)
    folder.remove_dead()
    return True


def _until_ready(folder: LabFolder, reports: socket.socket, started: float) -> Iterator[dict[str, Any]]:
    with reports.makefile() as lines:
        for line in lines:
            report = json.loads(line)
            if "failed" in report:
                msg = f"the lab did not start: {report['failed']}"
                raise LabError(msg)
            yield {**report, "after": time.monotonic() - started}
            if "ready" in report:
                return
    said = folder.log("lab").read_text(errors="replace") if folder.log("lab").exists() else ""
    msg = f"the lab's supervisor ended while it started\n{said}".strip()
    raise LabError(msg)


def _wait_for_end(folder: LabFolder, seconds: float) -> bool:
    # The lock falls when the last process has ended; there is nothing to wait on but the lock itself.
    deadline = time.monotonic() + seconds
    while folder.is_alive():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _require_nft() -> None:
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    if shutil.which("nft", path=path) is None:
        msg = "nft, which programs the Service rules, is missing. Type: sudo apt-get install nftables"
        raise LabError(msg)
