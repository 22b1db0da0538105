"""The small clients as executables: a folder that pods have last in their PATH."""

import shlex
from pathlib import Path

from mockcloud.node.images import ROOM
from mockcloud.node.programs.tools import SERVERS, TOOLS
from mockcloud.node.sandbox.maker import PYTHON, START

NO_SITE = "-S"  # some of the tools need a library


def write_tools(folder: Path) -> None:
    """Write one executable a tool; what is there under its name is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # pods see it
    python = [word for word in PYTHON if word != NO_SITE]
    for tool in TOOLS:
        command = shlex.join([*python, str(START), f"{ROOM}:tools.{tool.replace('-', '_')}"])
        _write(folder / tool, f'{command} "$@"')
    for name, (module, port) in SERVERS.items():
        _write(folder / name, shlex.join([*PYTHON, str(START), f"{ROOM}:{module}", "--port", str(port)]))


def _write(path: Path, command: str) -> None:
    path.write_text(f"#!/bin/sh\nexec {command}\n", encoding="utf-8")
    path.chmod(0o755)
