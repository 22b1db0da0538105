"""A tunnel that is started with its lab, and ends with it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

from mockcloud.lab.errors import LabError
from mockcloud.lab.invocation import mockcloud
from mockcloud.tunnel.follow import is_open

if TYPE_CHECKING:
    from mockcloud.lab.state import LabFolder

_SECONDS: Final = 20.0
_PAUSE: Final = 0.05
NAME: Final = "tunnel"  # of its log among those of the lab


def start(folder: LabFolder) -> None:
    """Return when all that is there is open; LabError where it ends before, with what it said."""
    log = folder.log(NAME)
    fd = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    words = [sys.executable, "-m", "mockcloud", "tunnel", "--name", folder.name]
    with os.fdopen(fd, "wb") as said:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True, cwd="/"
        )
    deadline = time.monotonic() + _SECONDS
    while not is_open(folder):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            why = log.read_text(errors="replace").strip().splitlines()[-1:] or [f"nothing in {_SECONDS:g} s"]
            again = mockcloud("tunnel", folder.name)
            msg = f"the lab is up, and has no tunnel ({why[0]}): `{again}` may say more"
            raise LabError(msg)
        time.sleep(_PAUSE)
