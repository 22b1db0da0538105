"""What a benchmark gives back, and what more than one of them reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


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
