"""`mockcloud up` and `down` as seen from outside the lab."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from mockcloud.client.clock import utc_now
from mockcloud.lab import preflight
from mockcloud.lab.errors import LabError
from mockcloud.lab.interruptions import deferred, undeferred
from mockcloud.lab.invocation import mockcloud
from mockcloud.lab.log_lines import parse
from mockcloud.lab.pauses import seen
from mockcloud.lab.processes.keeper import GIVE_UP, start_keeper
from mockcloud.lab.system_pods import log_files
from mockcloud.lab.waiting import waited_for

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from mockcloud.lab.plan import Plan
    from mockcloud.lab.state import LabFolder

    Tell = Callable[[dict[str, Any]], object]

_QUIET: Final = 4.0  # after that long without news, what is waited for is news
_STOP_SECONDS: Final = 12.0
_KILLED_SECONDS: Final = 3.0


def up(plan: Plan, folder: LabFolder, tell: Tell, timeout: float) -> None:
    """Start the lab; `tell` gets its reports as they come. It is ready when this returns.

    LabError where it fails, or takes longer than `timeout` seconds: then its logs stay, and nothing else.
    After Interrupted nothing stays at all.
    """
    started = time.monotonic()
    preflight.check(plan)
    plan = replace(plan, ingress=preflight.has_haproxy())
    if why := preflight.unreadable():
        tell({"note": why})
    with deferred():
        lock = folder.acquire()
        try:
            if folder.empty():
                tell(
                    {"note": f"removed what was left of an earlier lab {folder.name!r} that did not end well"}
                )
            folder.make()
            preflight.check_room(folder)
            reports = start_keeper(plan, folder, lock)
        except OSError as exc:
            folder.remove()
            msg = f"the lab {folder.name!r} can't be started: {exc}"
            raise LabError(msg) from exc
        except BaseException:
            folder.remove()
            raise
        finally:
            os.close(lock)  # the lab's own processes hold it from here on
        with reports:
            _Start(folder, reports, tell, started).watch(timeout)


class _Start:
    """A lab that starts, from the keeper's first word to `ready`, or to its end."""

    def __init__(self, folder: LabFolder, reports: socket.socket, tell: Tell, started: float) -> None:
        self._folder, self._reports, self._tell, self._started = folder, reports, tell, started
        self._keeper: int | None = None  # as a descriptor
        self._unread = b""

    def watch(self, timeout: float) -> None:
        """Until it is ready; LabError, Interrupted."""
        try:
            self._meet_keeper()
            with undeferred():
                self._until_ready(timeout)
        except LabError as exc:
            self._end(GIVE_UP)
            raise LabError(f"{exc}{self._where_to_read()}") from exc  # noqa: EM102 - its own words, and more
        except BaseException:
            self._end(b"")
            self._folder.remove_dead()
            raise
        finally:
            if self._keeper is not None:
                os.close(self._keeper)

    def _meet_keeper(self) -> None:
        """Its pid is its first word: from here on it can be waited for, and killed."""
        if select.select([self._reports], [], [], _STOP_SECONDS)[0]:
            for report in self._read():
                self._take(report)

    def _until_ready(self, timeout: float) -> None:
        deadline, said = self._started + timeout, ""
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                msg = f"the lab was not ready after {timeout:g} s (--timeout): {self._waited_for()}"
                raise LabError(msg)
            if select.select([self._reports], [], [], min(left, _QUIET))[0]:
                if any([self._take(report) for report in self._read()]):
                    return
            elif (waited := self._waited_for()) != said:
                said = waited
                self._tell({"what": waited, "after": time.monotonic() - self._started})

    def _read(self) -> list[dict[str, Any]]:
        chunk = self._reports.recv(65536)
        if not chunk:
            said = (
                self._folder.log("lab").read_text(errors="replace")
                if self._folder.log("lab").exists()
                else ""
            )
            msg = f"the lab's supervisor ended while it started\n{said}".strip()
            raise LabError(msg)
        *lines, self._unread = (self._unread + chunk).split(b"\n")
        return [json.loads(line) for line in lines]

    def _take(self, report: dict[str, Any]) -> bool:
        """Is it ready?"""
        if "keeper" in report:
            with contextlib.suppress(ProcessLookupError):
                self._keeper = os.pidfd_open(report["keeper"])
            return False
        if "failed" in report:
            msg = f"the lab did not start: {report['failed']}"
            raise LabError(msg)
        self._tell({**report, "after": time.monotonic() - self._started})
        return "ready" in report

    def _waited_for(self) -> str:
        with contextlib.suppress(LabError, OSError, ValueError):
            return waited_for(seen(self._folder.read()), self._last_words)
        return "waiting for the lab's supervisor"

    def _last_words(self, who: str) -> str:
        """What that daemon said last; "" where it has said nothing."""
        try:
            written = self._folder.log(who).read_text(errors="replace").splitlines()
        except OSError:
            return ""
        return next((line.text for line in parse(who, written[-1:], utc_now())), "")

    def _end(self, word: bytes) -> None:
        """See to it that the lab ends: told to, or killed where it does not heed that."""
        with contextlib.suppress(OSError):
            self._reports.sendall(word)
        self._reports.close()
        if self._keeper is None:
            _wait_for_end(self._folder, _STOP_SECONDS)
        elif not select.select([self._keeper], [], [], _STOP_SECONDS)[0]:
            signal.pidfd_send_signal(self._keeper, signal.SIGKILL)
            _wait_for_end(self._folder, _KILLED_SECONDS)
            with contextlib.suppress(OSError):
                self._folder.keep_logs(log_files(self._folder))

    def _where_to_read(self) -> str:
        if not self._folder.path.exists():
            return ""
        down, logs = (mockcloud(verb, self._folder.name) for verb in ("down", "logs"))
        return f"\nIts logs stay in {self._folder.path}/logs until `{down}`; `{logs}` shows them."


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


def _wait_for_end(folder: LabFolder, seconds: float) -> bool:
    # The lock falls when the last process has ended; there is nothing to wait on but the lock itself.
    deadline = time.monotonic() + seconds
    while folder.is_alive():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
