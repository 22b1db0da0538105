"""`mockcloud trace` for the page: a program of its own, since it takes seconds."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

from mockcloud.lab.errors import LabError

if TYPE_CHECKING:
    from typing import IO

    from mockcloud.dashboard.decide.asked import Connection

_SECONDS: Final = 60.0


async def traced(lab: str, asked: Connection) -> dict[str, Any]:
    """The story as `mockcloud trace -o json` tells it. LabError, in its words, where it tells none."""
    with _started(lab, asked) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        try:
            async with asyncio.timeout(_SECONDS):
                told, complaint = await asyncio.gather(_all(child.stdout), _all(child.stderr))
        except TimeoutError:
            msg = f"no answer within {_SECONDS:g} s"
            raise LabError(msg) from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
    try:
        found: dict[str, Any] = json.loads(told)
    except json.JSONDecodeError:
        said = complaint.decode(errors="replace").strip().splitlines()
        raise LabError(said[-1].removeprefix("mockcloud: ") if said else "it ended without a word") from None
    return found


def _started(lab: str, asked: Connection) -> subprocess.Popen[bytes]:
    """Not by asyncio, whose subprocesses start a thread in Python 3.11."""
    words = ["trace", "--name", lab, "-o", "json", "--", asked.source, asked.target]
    command = [sys.executable, "-P", "-m", "mockcloud", *words]  # after `--` nothing is an option
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    return subprocess.Popen(command, stdin=nothing, stdout=pipe, stderr=pipe)


async def _all(pipe: IO[bytes]) -> bytes:
    """What comes by the pipe until its end."""
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    try:
        return await reader.read()
    finally:
        transport.close()
