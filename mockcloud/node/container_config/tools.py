"""The small clients, what the extra brought and what is installed beside us, as executables.

The folder of them is what pods have last in PATH.
"""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mockcloud.images.installed import commands, extra_binaries
from mockcloud.images.programs.tools import TOOLS
from mockcloud.node.container_config.launch import ROOM
from mockcloud.node.sandbox.maker import PYTHON, START

NO_SITE = "-S"  # some of the tools need a library
# The wheel's nginx looks where it is started; everybody's expects its files here.
NGINX: Final = ("-p", "/etc/nginx/", "-c", "/etc/nginx/nginx.conf", "-e", "/var/log/nginx/error.log")


def write_tools(folder: Path) -> None:
    """Write one executable a tool; what is there under its name is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # pods see it
    python = [word for word in PYTHON if word != NO_SITE]
    for tool in TOOLS:
        _write(folder / tool, [*python, str(START), f"{ROOM}:tools.{tool}"])
    for name, words in commands().items():
        _write(folder / name, [sys.executable, "-I", "-m", *words])
    for binary in extra_binaries():
        place = folder / binary.name
        if binary.name == "nginx":
            _write(place, (str(binary), *NGINX))
        else:  # some look for their other files beside themselves
            place.unlink(missing_ok=True)
            place.symlink_to(binary)


def _write(path: Path, words: Sequence[str]) -> None:
    path.unlink(missing_ok=True)
    path.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
