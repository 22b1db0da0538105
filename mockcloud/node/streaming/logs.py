"""Log files read for `kubectl logs`: from the line asked for to the end, or for as long as a run lasts."""

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from aiohttp import web

from mockcloud.node.streaming.connection import Connection
from mockcloud.node.streaming.descriptors import AT_ONCE
from mockcloud.node.streaming.protocols.channels import Channel
from mockcloud.node.streaming.protocols.log_lines import LogOptions, LogRenderer, count_lines

LOOK_SECONDS: Final = 0.1  # between looks at a log that is followed
BLOCK: Final = 64 << 10


async def serve(
    request: web.BaseRequest,
    path: Path,
    options: LogOptions,
    is_over: Callable[[], bool],
    on_read: Callable[[int], None] = lambda _size: None,
) -> web.StreamResponse:
    """The log's text as it is wanted; a log that is followed ends with its run.

    `on_read` hears up to which byte the log was read, before the client can know that this is all.
    """
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    renderer = LogRenderer(options)
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(path.open("rb"))
        file.seek(0 if options.tail is None else tail_start(file, options.tail))
        await response.prepare(request)
        while not renderer.full:
            over = is_over()  # asked first: what was written before the end must be read
            await _give(response, renderer, file)
            if options.follow and is_replaced(file, path):
                await _give(response, renderer, file)  # what was written between that look and the change
                file = stack.enter_context(path.open("rb"))
            elif options.follow and not over:
                await asyncio.sleep(LOOK_SECONDS)
            else:
                break
        on_read(file.tell())
    await response.write_eof()
    return response


async def _give(response: web.StreamResponse, renderer: LogRenderer, file: BinaryIO) -> None:
    """What is there now: a program may write faster than its log is read."""
    left = os.fstat(file.fileno()).st_size - file.tell()
    while left > 0 and not renderer.full:
        piece = file.read(min(AT_ONCE, left))
        left -= len(piece)
        if found := renderer.feed(piece):
            await response.write(found)


async def replay(connection: Connection, path: Path, known: int = 0) -> None:
    """What a run wrote after so many bytes of its log, for a client that came when it had ended."""
    renderer = LogRenderer(LogOptions())
    with contextlib.suppress(ConnectionError):
        with path.open("rb") as file:
            file.seek(known)
            while piece := file.read(AT_ONCE):
                await connection.say(Channel.STDOUT, renderer.feed(piece))
        await connection.exited(0)


def tail_start(file: BinaryIO, lines: int) -> int:
    """Where the last so many lines of a log begin."""
    end = file.seek(0, os.SEEK_END)
    size = BLOCK
    while lines:
        start = max(end - size, 0)
        file.seek(start)
        content = file.read(end - start)
        # Before the first line's end there may be half a line.
        begin = content.find(b"\n") + 1 if start else 0
        ends = count_lines(content[begin:])
        if len(ends) > lines:
            return start + begin + ends[-lines - 1]
        if start == 0:
            return 0
        size *= 4
    return end


def is_replaced(file: BinaryIO, path: Path) -> bool:
    """Whether the log was full, so that a new file has its name."""
    try:
        return path.stat().st_ino != os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False
