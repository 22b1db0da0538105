"""`mockcloud logs`: the logs of daemons and of the lab's own pods, one or all, to their end or the lab's."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from mockcloud.client.clock import utc_now
from mockcloud.lab.errors import LabError
from mockcloud.lab.log_lines import Line, form, merged, parse
from mockcloud.lab.system_pods import log_files

if TYPE_CHECKING:
    from datetime import timedelta
    from pathlib import Path

    from mockcloud.lab.state import LabFolder

_POLL_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class LogRequest:
    """Which lines: of one daemon or pod, or (None) of all; how old and how many; and whether to go on."""

    who: str | None = None
    age: timedelta | None = None
    tail: int | None = None
    follow: bool = False


def print_logs(lab: LabFolder, wish: LogRequest) -> None:
    """Write the lines to stdout; LabError where there is no such log. A crashed lab's can still be read."""
    logs = _Logs(lab, wish.who)
    since = None if wish.age is None else utc_now() - wish.age
    lives = wish.follow and lab.is_alive()  # before the last read, so that the last words are not lost
    _print(merged(logs.read(whole=not lives), since, wish.tail), logs.width)
    while lives:
        time.sleep(_POLL_SECONDS)
        lives = lab.is_alive()
        _print(merged(logs.read(whole=not lives), None, None), logs.width)


class _Logs:
    """The log files, each read as far as it goes."""

    def __init__(self, lab: LabFolder, who: str | None) -> None:
        self._lab, self._who = lab, who
        self._known: dict[Path, _Log] = {}
        found = self._paths()
        if not found:
            lab.read()  # says that there is no lab
        if who is not None and who not in found.values():
            msg = f"no log of {who!r}: there are {', '.join(dict.fromkeys(found.values()))}"
            raise LabError(msg)

    @property
    def width(self) -> int:
        """Of the longest name."""
        return max((len(log.who) for log in self._known.values()), default=0)

    def read(self, *, whole: bool) -> list[Line]:
        """What is new, of daemons that are new, too; with `whole` also what no newline has ended yet."""
        for path, who in self._paths().items():
            if path not in self._known and self._who in (None, who):
                self._known[path] = _Log(path, who)
        return [line for log in self._known.values() for line in log.read(whole=whole)]

    def _paths(self) -> dict[Path, str]:
        """The log files of daemons and of the pods that are parts of the lab, and whose each is."""
        daemons = {path: path.stem for path in sorted((self._lab.path / "logs").glob("*.log"))}
        return daemons | log_files(self._lab)


class _Log:
    """One file."""

    def __init__(self, path: Path, who: str) -> None:
        self._path, self.who = path, who
        self._offset = 0
        self._last = datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def read(self, *, whole: bool) -> list[Line]:
        try:
            with self._path.open("rb") as file:
                if os.fstat(file.fileno()).st_size < self._offset:  # it was full, and another has its name
                    self._offset = 0
                file.seek(self._offset)
                new = file.read()
        except FileNotFoundError:  # its pod is gone
            return []
        if not whole:
            new = new[: new.rfind(b"\n") + 1]
        self._offset += len(new)
        lines = list(parse(self.who, new.decode(errors="replace").splitlines(), self._last))
        self._last = lines[-1].time if lines else self._last
        return lines


def _print(lines: list[Line], width: int) -> None:
    sys.stdout.writelines(f"{form(line, width)}\n" for line in lines)
    sys.stdout.flush()
