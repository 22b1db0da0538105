"""The door to HAProxy: starts it, tells it what changes, and starts it anew where only that will do.

A new one takes the listening sockets of the one before, which ends when its last connection does; so no
connection is lost. One that outlived this process (it was killed) is taken over in the same way.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import socket
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mockcloud.haproxy.changes import commands, farewell
from mockcloud.haproxy.configuration import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mockcloud.haproxy.configuration import Section

LOG: Final = logging.getLogger(__name__)
INSTALL: Final = "install the package haproxy (for instance: apt-get install haproxy)"
SYSTEM_PATH: Final = "/usr/local/sbin:/usr/sbin:/sbin"  # which an ordinary user's PATH often lacks
ANSWER_SECONDS: Final = 10.0
_DONE: Final = ("", "Server deleted.", "New server registered.")


class HAProxyError(Exception):
    """It does not start, or does not do what it is told; the message says what it said."""


@dataclass(frozen=True, slots=True)
class _Running:
    """One that serves: where it is told things, and its pid."""

    control: Path
    pid: int
    process: asyncio.subprocess.Process | None = None  # None: it is another's child


def haproxy_path() -> str | None:
    """Where the command is."""
    return shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")


class HAProxy:
    """One HAProxy for all ports that need one. `died` is called when it ends by itself."""

    def __init__(
        self, folder: Path, group: asyncio.TaskGroup, died: Callable[[], None], common: Sequence[str]
    ) -> None:
        """`folder`: for its control sockets; `common`: what its configuration says for all sections."""
        # By descriptor, since a socket's address has room for 107 characters only.
        self._folder_fd = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self._folder = Path(f"/proc/self/fd/{self._folder_fd}")
        self._group, self._died, self._common = group, died, tuple(common)
        self._numbers = count(1)
        self._running: _Running | None = None
        self._has: dict[str, Section] = {}

    async def take_over(self) -> bool:
        """Whether there is one that an earlier process left: it is ours now."""
        for path in sorted(self._folder.glob("haproxy-*.sock")):
            try:
                said = await _tell(path, "show info")
            except (OSError, TimeoutError):
                path.unlink()
                continue
            fields = dict(line.split(": ", 1) for line in said.splitlines() if ": " in line)
            self._running = _Running(path, int(fields["Pid"]))
            self._numbers = count(int(path.stem.rpartition("-")[2]) + 1)
        return self._running is not None

    async def serve(self, wanted: Mapping[str, Section]) -> None:
        """These ports and servers from now on. HAProxyError: it is as it was."""
        if self._running is not None and self._has and wanted == self._has:
            return
        said = commands(self._has, wanted) if self._running is not None and self._has else None
        if said is None or not await self._do(said):
            await self._start_anew(dict(wanted))
        self._has = dict(wanted)

    async def stop(self) -> None:
        """It ends at once, and its connections with it."""
        running, self._running, self._has = self._running, None, {}
        if running is not None:
            running.control.unlink(missing_ok=True)
            _signal(running.pid, signal.SIGTERM)
            if running.process is not None:
                await running.process.wait()

    async def _do(self, said: Sequence[str]) -> bool:
        """Whether it did all of it."""
        assert self._running is not None
        for command in said:
            try:
                answer = await _tell(self._running.control, command)
            except (OSError, TimeoutError) as error:
                LOG.warning("HAProxy does not answer: %s", error)
                return False
            if answer.strip() not in _DONE:
                LOG.info("HAProxy is started anew, since to '%s' it said: %s", command, answer.strip())
                return False
        return True

    async def _start_anew(self, wanted: dict[str, Section]) -> None:
        old = self._running
        if not wanted:
            await self.stop()
            return
        if old is not None:
            # It hears nothing any more once another has its sockets.
            await self._do(farewell(self._has, wanted))
        started = await self._start(wanted, old)
        if old is not None:
            old.control.unlink(missing_ok=True)
        self._running = started
        assert started.process is not None
        self._group.create_task(self._await_end(started, started.process), name="haproxy")

    async def _start(self, wanted: dict[str, Section], old: _Running | None) -> _Running:
        """A new one that serves; the one before has let its sockets go then."""
        number = next(self._numbers)
        control, config = (self._folder / f"haproxy-{number}.{kind}" for kind in ("sock", "cfg"))
        path = haproxy_path()
        if path is None:
            msg = f"haproxy was not found: {INSTALL}"
            raise HAProxyError(msg)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
            listening.bind(str(control))
            listening.listen()
            config.write_text(text(wanted.values(), self._common, listening.fileno()))
            argv = [path, "-db", "-f", str(config)]
            if old is not None:
                argv += ["-x", str(old.control), "-sf", str(old.pid)]
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=None,  # what it logs there is ours
                stderr=asyncio.subprocess.PIPE,
                pass_fds=(listening.fileno(), self._folder_fd),
            )
        try:
            await self._await_service(process, control)
        except HAProxyError:
            control.unlink(missing_ok=True)
            raise
        finally:
            config.unlink(missing_ok=True)
        return _Running(control, process.pid, process)

    async def _await_service(self, process: asyncio.subprocess.Process, control: Path) -> None:
        """It answers when it has all its sockets; or it ends, and says why."""
        answers = asyncio.ensure_future(_tell(control, "show info"))
        ends = asyncio.ensure_future(process.wait())
        await asyncio.wait([answers, ends], return_when=asyncio.FIRST_COMPLETED)
        ends.cancel()
        if answers.done() and not answers.cancelled() and answers.exception() is None:
            return
        answers.cancel()
        _signal(process.pid, signal.SIGKILL)
        assert process.stderr is not None
        complaint = (await process.stderr.read()).decode(errors="replace").strip()
        msg = f"HAProxy does not start: {complaint or 'it said nothing'}"
        raise HAProxyError(msg)

    async def _await_end(self, running: _Running, process: asyncio.subprocess.Process) -> None:
        """Pass on what it complains of, until it ends."""
        assert process.stderr is not None
        async for line in process.stderr:
            text = line.decode(errors="replace").strip()
            if text.startswith(("[ALERT]", "[EMERG]")):
                LOG.warning("HAProxy: %s", text)
        await process.wait()
        if self._running is running:
            LOG.error("HAProxy ended with exit code %s: it is started again", process.returncode)
            running.control.unlink(missing_ok=True)
            self._running, self._has = None, {}
            self._died()


async def _tell(control: Path, command: str) -> str:
    """What it answers; OSError, TimeoutError where it does not."""
    async with asyncio.timeout(ANSWER_SECONDS):
        reader, writer = await asyncio.open_unix_connection(str(control))
        try:
            writer.write(command.encode() + b"\n")
            return (await reader.read(-1)).decode(errors="replace")
        finally:
            writer.close()


def _signal(pid: int, number: signal.Signals) -> None:
    """Not by asyncio's process, which would reap it in passing and so keep its end from whoever waits."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
