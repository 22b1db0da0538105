"""`mockcloud logs`: the daemons' log files, one or all, to the end or for as long as the lab lives."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final

from mockcloud.lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from io import BufferedReader
    from pathlib import Path

    from mockcloud.lab.state import LabFolder

_POLL_SECONDS: Final = 0.1


def print_logs(lab: LabFolder, who: str | None, *, follow: bool) -> None:
    """Write them to stdout; LabError where there is no such log. A crashed lab's logs can still be read."""
    paths = sorted((lab.path / "logs").glob("*.log"))
    if not paths:
        lab.read()  # says that there is no lab
    if who is not None:
        paths = [_log_of(who, paths)]
    alone = len(paths) == 1
    files = [(b"" if alone else f"{path.stem}: ".encode(), path.open("rb")) for path in paths]
    try:
        _copy(files, lab.is_alive if follow else _no)
    finally:
        for _, file in files:
            file.close()


def _log_of(who: str, paths: list[Path]) -> Path:
    for path in paths:
        if path.stem == who:
            return path
    msg = f"no log of {who!r}: there are {', '.join(path.stem for path in paths)}"
    raise LabError(msg)


def _no() -> bool:
    return False


def _copy(files: Sequence[tuple[bytes, BufferedReader]], follow: Callable[[], bool]) -> None:
    out = sys.stdout.buffer
    while True:
        lives = follow()  # before the last read, so that the last words are not lost
        for prefix, file in files:
            out.writelines(prefix + line for line in file.readlines())
        out.flush()
        if not lives:
            return
        time.sleep(_POLL_SECONDS)
