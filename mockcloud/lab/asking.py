"""Asks the supervisor of a lab that runs for a change (processes/requests has the other end)."""

from __future__ import annotations

import json
import os
import socket
from typing import TYPE_CHECKING, Final

from mockcloud.lab.errors import LabError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockcloud.lab.state import LabFolder

_ANSWER: Final = 65536


def ask(folder: LabFolder, request: dict[str, str], tell: Callable[[str], object], timeout: float) -> str:
    """What was done; `tell` hears what is waited for. LabError, UsageError: why it could not be.

    A change that has begun goes on though nobody waits for it any more, after `timeout` seconds.
    """
    if folder.read().phase != "running":
        msg = f"the lab {folder.name!r} is not up yet, or not any more"
        raise LabError(msg)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.settimeout(timeout)
        try:
            _connect(connection, folder)
            connection.send(json.dumps(request).encode())
            while answer := json.loads(connection.recv(_ANSWER) or b"{}"):
                if "what" in answer:
                    tell(answer["what"])
                elif "done" in answer:
                    return str(answer["done"])
                else:
                    raise (UsageError if "usage" in answer else LabError)(answer["failed"])
        except TimeoutError as exc:
            msg = f"the lab {folder.name!r} has not done it within {timeout:g} s; it goes on"
            raise LabError(msg) from exc
        except OSError as exc:
            msg = f"the lab {folder.name!r} can't be asked: {exc}"
            raise LabError(msg) from exc
    msg = f"the lab {folder.name!r} ended before it was done"
    raise LabError(msg)


def _connect(connection: socket.socket, folder: LabFolder) -> None:
    """By descriptor, since a socket's address has room for 107 characters only (unix(7))."""
    parent = os.open(folder.path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        connection.connect(f"/proc/self/fd/{parent}/{folder.requests.name}")
    finally:
        os.close(parent)
