"""From a table of processes to what each container, each pod and the node use. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

PodName = tuple[str, str]
"""Namespace and name."""
Mounts = tuple[int, int]
"""A mount namespace: device and inode of its file in /proc."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process: its CPU time, with that of the children it has waited for; `started` since the epoch."""

    parent: int
    cpu_seconds: float
    started: float


@dataclass(frozen=True, slots=True)
class PodProcesses:
    """Of a pod: its process 1, and the main program of each container that runs."""

    name: PodName
    first: int
    mains: Mapping[str, int]

    def holder(self, processes: Mapping[int, Process]) -> int:
        """What all of the pod's processes hang under, as process 1 does; 0 where it has ended."""
        first = processes.get(self.first)
        return first.parent if first else 0


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU time so far, and memory now; `started`: since when, in seconds since the epoch."""

    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    started: float = 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """Of a node: itself (its agent and all of its pods), each pod, and each pod's containers."""

    node: Usage
    pods: Mapping[PodName, Usage] = field(default_factory=dict)
    containers: Mapping[PodName, Mapping[str, Usage]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read of the node's processes, by pid."""

    processes: Mapping[int, Process]
    mounts: Mapping[int, Mounts]
    memory: Mapping[int, int]  # bytes


FRESH: Final[Mapping[tuple[int, float], float]] = {}


@dataclass(frozen=True, slots=True)
class Meter:
    """The node's CPU time: it never falls, though that of pods which are gone is no longer seen."""

    total: float = 0.0
    # By pid and start of what processes hang under.
    trees: Mapping[tuple[int, float], float] = field(default_factory=lambda: FRESH)

    def advanced(self, trees: Mapping[tuple[int, float], float]) -> "Meter":
        """With what each tree has used since."""
        grown = (max(0.0, seconds - self.trees.get(root, 0.0)) for root, seconds in trees.items())
        return Meter(self.total + sum(grown), trees)


def below(processes: Mapping[int, Process], roots: Collection[int]) -> dict[int, set[int]]:
    """By root: itself and its descendants that are not below another root under it."""
    children: dict[int, list[int]] = {}
    for pid, process in processes.items():
        children.setdefault(process.parent, []).append(pid)
    found: dict[int, set[int]] = {}
    for root in roots:
        found[root], waiting = set(), [root] if root in processes else []
        while waiting:
            pid = waiting.pop()
            found[root].add(pid)
            waiting += [each for each in children.get(pid, ()) if each not in roots]
    return found


def measured(
    pods: Iterable[PodProcesses], seen: Seen, trees: Mapping[int, set[int]], meter: Meter
) -> Measured:
    """What they use; a container whose main program has just ended is left out.

    A container's processes are those of its pod that see the mounts which its main program sees.
    """
    everything = set().union(*trees.values())
    found = Measured(Usage(meter.total, _memory(everything, seen)), {}, {})
    whole, parts = dict(found.pods), dict(found.containers)
    for pod in pods:
        holder = pod.holder(seen.processes)
        own = trees.get(holder, set())
        each = {
            name: _usage({pid for pid in own if seen.mounts.get(pid) == seen.mounts[main]}, seen, main)
            for name, main in pod.mains.items()
            if main in own and main in seen.mounts
        }
        if each:
            parts[pod.name] = each
            whole[pod.name] = _usage(own, seen, holder)
    return Measured(found.node, whole, parts)


def cpu_of(trees: Mapping[int, set[int]], processes: Mapping[int, Process]) -> dict[tuple[int, float], float]:
    """The CPU time of each tree, by its root's pid and start: numbers are given again."""
    return {
        (root, processes[root].started): sum(processes[pid].cpu_seconds for pid in tree)
        for root, tree in trees.items()
        if tree
    }


def _usage(pids: Collection[int], seen: Seen, main: int) -> Usage:
    seconds = sum(seen.processes[pid].cpu_seconds for pid in pids)
    return Usage(seconds, _memory(pids, seen), seen.processes[main].started)


def _memory(pids: Iterable[int], seen: Seen) -> int:
    return sum(seen.memory.get(pid, 0) for pid in pids)
