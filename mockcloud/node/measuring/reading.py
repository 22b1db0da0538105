"""Reads in /proc what processes use (proc_pid_stat(5), proc_pid_smaps(5)), and keeps the node's meter."""

import os
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from mockcloud.node.measuring import usage
from mockcloud.node.measuring.usage import Measured, Meter, Mounts, PodProcesses, Process, Seen

PROC: Final = Path("/proc")
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
# Fields of a stat after the name in brackets, which is the second: `(3) - 3` is the state's place.
_PARENT: Final = 4 - 3
_CPU: Final = slice(14 - 3, 18 - 3)  # its own time in user and kernel mode, and its children's
_START: Final = 22 - 3
_PROPORTIONAL: Final = b"Pss:"


class NodeMeter:
    """Measures the node whenever it is asked, and does nothing in between."""

    def __init__(self) -> None:
        self._meter = Meter()
        self._one_at_a_time = threading.Lock()

    def measure(self, pods: Sequence[PodProcesses]) -> Measured:
        """What the node and its pods use now. It blocks: 65 ms where 370 processes run."""
        with self._one_at_a_time:
            processes = read_processes()
            agent = int(os.readlink(PROC / "self"))  # as this /proc numbers it
            trees = usage.below(processes, {agent, *(pod.holder(processes) for pod in pods)})
            self._meter = self._meter.advanced(usage.cpu_of(trees, processes))
            pids = set().union(*trees.values())
            seen = Seen(processes, _mounts(pids), {pid: memory_bytes(pid) for pid in pids})
            return usage.measured(pods, seen, trees, self._meter)


def read_processes() -> dict[int, Process]:
    """All processes that this /proc shows."""
    booted = time.clock_gettime(time.CLOCK_REALTIME) - time.clock_gettime(time.CLOCK_BOOTTIME)
    found = {}
    for name in os.listdir(PROC):
        if name.isdecimal() and (text := _read(f"{PROC}/{name}/stat")):
            fields = text[text.rindex(b")") + 2 :].split()
            ticks = sum(map(int, fields[_CPU]))
            started = booted + int(fields[_START]) / _TICKS
            found[int(name)] = Process(int(fields[_PARENT]), ticks / _TICKS, round(started, 2))
    return found


def memory_bytes(pid: int) -> int:
    """Its part of what is in memory: pages that n processes share count as an n-th for each.

    Where that is not to be seen, all of its pages; 0 for a process that has ended.
    """
    for line in _read(f"{PROC}/{pid}/smaps_rollup").splitlines():
        if line.startswith(_PROPORTIONAL):
            return int(line.split()[1]) * 1024
    sizes = _read(f"{PROC}/{pid}/statm").split()
    return int(sizes[1]) * _PAGE if sizes else 0


def _mounts(pids: Iterable[int]) -> dict[int, Mounts]:
    found: dict[int, Mounts] = {}
    for pid in pids:
        try:
            status = os.stat(f"{PROC}/{pid}/ns/mnt")
        except OSError:  # it has just ended
            continue
        found[pid] = (status.st_dev, status.st_ino)
    return found


def _read(path: str) -> bytes:
    """The file's content, nothing where the process has ended or may not be looked at."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
