"""The programs of pods: they start where nothing can be written, and as nobody of the machine's."""

import compileall
import os
import sys
from collections.abc import Iterable
from typing import Final

from mockcloud.node.sandbox.maker import START

OPEN_TO_OTHERS: Final = 0o004
NEEDED: Final = (os.path.realpath(sys.executable), str(START))
FOLDERS: Final = (START.parent / "node" / "shim", START.parent / "images" / "programs")


def compile_programs() -> None:
    """Write what is missing or out of date: else it would be compiled at each start."""
    for folder in FOLDERS:
        compileall.compile_dir(folder, quiet=2)


def why_closed(paths: Iterable[str] = NEEDED) -> str:
    """Why a pod that is nobody on the machine can't read what it runs by; empty where it can."""
    for path in paths:
        if not os.stat(path).st_mode & OPEN_TO_OTHERS:
            return (
                f"{path} is readable by its owner only, and pods of root's lab are nobody. "
                f"Type: chmod -R o+rX {os.path.dirname(path)}"
            )
    return ""
