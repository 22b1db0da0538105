"""What a benchmark gives back, and what more than one of them reads."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, its unit, and what was asked of it (empty: nothing)."""

    name: str
    value: float
    unit: str
    asked: str


def resident(pid: int) -> float:
    """The memory of a process that is in use, in MiB (VmRSS, proc(5))."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def proportional(pid: int) -> float:
    """The memory of a process, what it shares with others divided among them, in MiB (Pss, proc(5))."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    line = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) / 1024


def processor_seconds(pid: int) -> float:
    """The processor time that a process has used so far (utime and stime, proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children(parent: int) -> Iterator[tuple[int, str]]:
    """The pids and command lines of a process' children."""
    for task in Path(f"/proc/{parent}/task").iterdir():
        for pid in (task / "children").read_text().split():
            yield int(pid), Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
