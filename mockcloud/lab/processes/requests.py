"""What a lab that runs is asked to become: a socket in its folder, and the supervisor's answers.

A request is one packet of JSON: `{"do": "add-node"}`, `{"do": "remove-node", "node": NAME}`, or, which
changes nothing, `{"do": "may-remove-node", "node": NAME}`. Answered are any number of `{"what": ...}`, and in
the end `{"done": NAME}` or `{"failed": WHY}`. One at a time is carried out, to its end, whether its asker
still waits or not.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Final

from mockcloud.lab.errors import LabError, UsageError
from mockcloud.lab.namespaces import path_socket

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    Say = Callable[[str], object]
    Work = Callable[[dict[str, str], Say], Awaitable[str]]

LONGEST: Final = 4096  # bytes of a request


async def serve(path: Path, work: Work) -> None:
    """Until cancelled. `work` carries out a request and returns its `done`; its errors are `failed`."""
    loop, lock = asyncio.get_running_loop(), asyncio.Lock()
    listener = path_socket(path)
    listener.setblocking(False)
    try:
        async with asyncio.TaskGroup() as group:
            while True:
                connection, _ = await loop.sock_accept(listener)
                group.create_task(_answer(connection, work, lock), name="a request to the lab")
    finally:
        listener.close()


async def _answer(connection: socket.socket, work: Work, lock: asyncio.Lock) -> None:
    loop = asyncio.get_running_loop()

    def say(**fields: str) -> None:
        with contextlib.suppress(OSError):  # nobody waits for it any more
            connection.send(json.dumps(fields).encode())

    with connection:
        connection.setblocking(False)
        try:
            request = json.loads(await loop.sock_recv(connection, LONGEST))
            async with lock:
                say(done=await work(request, lambda what: say(what=what)))
        except UsageError as exc:
            say(failed=str(exc), usage="yes")
        except (LabError, OSError, ValueError) as exc:
            say(failed=str(exc))
