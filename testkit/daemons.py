"""Programs as processes of their own: started, ready when they say so, and ended by their handle."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from mockcloud import readiness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

READY_SECONDS: Final = 180.0  # beside eight busy loops and five suites an API took more than 60
STOP_SECONDS: Final = 60.0
_TAIL: Final = 2000  # characters of its log that an error shows


class StartError(Exception):
    """A program ended, or took too long, before it was ready; the text ends with the end of its log."""


def module(name: str, *arguments: str) -> list[str]:
    """The command that runs a module of ours in this Python."""
    return [sys.executable, "-m", name, *arguments]


def start(
    command: Sequence[str],
    *,
    log: Path,
    descriptors: Sequence[int] = (),
    enter: Callable[[], None] | None = None,
    wait: bool = True,
) -> subprocess.Popen[bytes]:
    """The process, ready: it has written one newline to the descriptor that $READY_FD names, and closed it.

    What it prints is appended to `log`. It inherits `descriptors`; `enter` is called in it before the program
    begins (see `Lan.enter`). StartError where it does not get ready; then it runs no more. Without `wait` it
    is returned at once.
    """
    ready, theirs = os.pipe()
    try:
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                env={**os.environ, readiness.VARIABLE: str(theirs)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[*descriptors, theirs],
                preexec_fn=enter,
            )
    except BaseException:
        os.close(ready)
        raise
    finally:
        os.close(theirs)
    with os.fdopen(ready, "rb") as pipe:
        said = _until_closed(pipe.fileno()) if wait else b"\n"
    if said != b"\n":
        code = stop(process)
        how = "did not get ready" if said is None else f"ended with {code} before it was ready"
        msg = f"{' '.join(command)} {how}:\n{log.read_text(errors='replace')[-_TAIL:]}"
        raise StartError(msg)
    return process


def stop(process: subprocess.Popen[bytes]) -> int:
    """End it in order, or by force after a minute; its exit code."""
    process.terminate()
    try:
        return process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


@contextmanager
def running(
    command: Sequence[str], *, log: Path, descriptors: Sequence[int] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """As `start`; the process ends with the block."""
    process = start(command, log=log, descriptors=descriptors)
    try:
        yield process
    finally:
        stop(process)


def _until_closed(descriptor: int) -> bytes | None:
    """All that is written; None where the writer still has it after READY_SECONDS."""
    end, said = time.monotonic() + READY_SECONDS, b""
    while select.select([descriptor], [], [], max(end - time.monotonic(), 0))[0]:
        piece = os.read(descriptor, 64)
        if not piece:
            return said
        said += piece
    return None
