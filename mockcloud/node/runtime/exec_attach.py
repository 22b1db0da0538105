"""How others enter a container: start a process in it, attach to its main one, find its logs."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from mockcloud.node.pods.spec import ContainerSpec

# Of a log that stands for a run's last words: kubelet takes as much.
MOST_LINES: Final = 80
MOST_BYTES: Final = 2048
LOGS: Final = "logs"  # in a pod's folder: a folder for each container


class NoContainer(Exception):
    """There is no such container, or it does not run; the message says which."""


class CannotStart(Exception):
    """A process could not be started in a container; the message says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A process to start in a container: its environment lies over the container's."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    tty: bool = False


class Execution:
    """A process that was started in a container."""

    def __init__(self, done: "asyncio.Future[int]", send_signal: Callable[[int], None]) -> None:
        self._done = done
        self._send_signal = send_signal

    async def wait(self) -> int:
        """Its exit code, 128 + n where signal n ended it; 137 where the pod went away."""
        code = await asyncio.shield(self._done)
        return code if code >= 0 else 128 - code

    def signal(self, number: int) -> None:
        """Signal it and what it started; nothing where it has ended."""
        if not self._done.done():
            self._send_signal(number)


@dataclass(frozen=True, slots=True)
class Attachment:
    """Somebody who hears what a container writes, until it ends or they close their end.

    `stdin` is a descriptor of the container's standard input (of a terminal's outer end, for a container
    with `tty`), which whoever attached closes; None where the container has none. `end_stdin` lets the
    container read the end of the file, as `stdinOnce` asks.
    """

    stdin: int | None
    end_stdin: Callable[[], None]


class RunningContainer(Protocol):
    """A pod's programs, as far as those who enter need them."""

    async def enter(self, container: str, entry: Entry, fds: Sequence[int]) -> Execution:
        """Start it with these as its 0, 1, 2; NoContainer, CannotStart."""
        ...

    async def attach(self, container: str, out: int, err: int | None, known: int) -> Attachment:
        """Copy the container's output there from now on; NoContainer.

        The first one gets what was written before, but for what so many bytes of the log have told.
        """
        ...


@dataclass(frozen=True, slots=True)
class ContainerAccess:
    """One container of one pod, as it is now."""

    spec: ContainerSpec
    attempt: int  # of the run that is, or was last; -1 before the first
    running: bool
    folder: Path
    inside: RunningContainer | None  # None while the pod has no sandbox

    async def start(
        self,
        argv: Sequence[str],
        fds: Sequence[int],
        *,
        tty: bool = False,
        env: Mapping[str, str] | None = None,
    ) -> Execution:
        """Start a process in the container, with its mounts, variables and working directory.

        `fds` are its 0, 1 and 2; the caller closes its own copies. With `tty` they are a terminal's inner
        end, which becomes its controlling terminal. NoContainer, CannotStart.
        """
        return await self._inside().enter(self.spec.name, Entry(tuple(argv), env or {}, tty), fds)

    async def attach(self, out: int, err: int | None, known: int = 0) -> Attachment:
        """Copy what it writes from now on to these. NoContainer. `known`: see `RunningContainer`."""
        return await self._inside().attach(self.spec.name, out, err, known)

    def log(self, *, previous: bool = False) -> Path | None:
        """The log of the present (or last) run, or of the one before; None where there is none."""
        attempt = self.attempt - previous
        path = log_path(self.folder, self.spec.name, attempt)
        return path if attempt >= 0 and path.exists() else None

    def _inside(self) -> RunningContainer:
        if self.inside is None or not self.running:
            msg = f'container not found ("{self.spec.name}")'
            raise NoContainer(msg)
        return self.inside


def log_path(folder: Path, container: str, attempt: int) -> Path:
    """Where a run's log is, in the pod's folder."""
    return folder / LOGS / container / f"{attempt}.log"


def last_lines(log: Path) -> str:
    """The end of a log, without times and streams."""
    with log.open("rb") as file:
        lines = file.read().splitlines()[-MOST_LINES:]
    texts = [line.split(b" ", 3)[-1] for line in lines]
    return b"\n".join(texts)[-MOST_BYTES:].decode(errors="replace")
