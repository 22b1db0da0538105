"""What an agent says of its node at one time, and what was used between two times. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

PodName = tuple[str, str]
"""Namespace and name."""
SHORTEST: Final = 1.0  # seconds over which CPU is measured: the kernel counts in hundredths of a second
LONGEST: Final = 30.0
_CPU: Final = "cpu_usage_seconds_total"
_MEMORY: Final = "memory_working_set_bytes"
_START: Final = "start_time_seconds"
_LINE: Final = re.compile(r"(node|container)_(\w+?)(?:\{([^}]*)\})? (\S+)(?: (-?\d+))?", re.ASCII)
_LABEL: Final = re.compile(r'(\w+)="([^"]*)"')
_SAME_START: Final = 0.1  # seconds by which the start of one process may seem to differ


@dataclass(frozen=True, slots=True)
class Counters:
    """CPU time so far and memory now; `started` in seconds since the epoch, 0 where it is not said."""

    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    started: float = 0.0


@dataclass(frozen=True, slots=True)
class Reading:
    """A node and its containers at one time (seconds since the epoch)."""

    at: float
    node: Counters = Counters()
    pods: Mapping[PodName, Mapping[str, Counters]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Usage:
    """How many cores were used on average, and the memory at the end."""

    cores: float
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Window:
    """What was used in the `seconds` before `at`."""

    at: float
    seconds: float
    node: Usage
    pods: Mapping[PodName, Mapping[str, Usage]]


def parse(text: str) -> Reading:
    """A kubelet's answer at /metrics/resource; ValueError where it says nothing of the node."""
    found: dict[tuple[str, ...], dict[str, float]] = {}
    at = None
    for owner, name, value, stamp in _samples(text):
        found.setdefault(owner, {})[name] = value
        at = stamp if not owner and stamp is not None else at
    if at is None or () not in found:
        msg = "the answer at /metrics/resource has no figures of the node itself"
        raise ValueError(msg)
    pods: dict[PodName, dict[str, Counters]] = {}
    for owner, values in found.items():
        if len(owner) == 3 and _CPU in values:
            pods.setdefault(owner[:2], {})[owner[2]] = _counters(values)
    return Reading(at, _counters(found[()]), pods)


def _samples(text: str) -> Iterator[tuple[tuple[str, ...], str, float, float | None]]:
    """Whose figure it is (nothing: the node's), which, its value, and its time."""
    for line in text.splitlines():
        if (match := _LINE.fullmatch(line)) is not None:
            labels = dict(_LABEL.findall(match[3] or ""))
            owner = tuple(labels.get(name, "") for name in ("namespace", "pod", "container"))
            stamp = int(match[5]) / 1000 if match[5] else None
            yield (() if match[1] == "node" else owner), match[2], float(match[4]), stamp


def _counters(values: Mapping[str, float]) -> Counters:
    return Counters(values.get(_CPU, 0.0), int(values.get(_MEMORY, 0)), values.get(_START, 0.0))


def earlier(readings: Sequence[Reading], last: Reading) -> Reading | None:
    """The one from which on use is measured: the oldest that is neither too near nor too long ago."""
    fit = [one for one in readings if SHORTEST <= last.at - one.at <= LONGEST]
    return min(fit, key=lambda one: one.at, default=None)


def used(before: Reading, after: Reading) -> Window:
    """What was used between the two."""
    seconds = after.at - before.at
    pods: dict[PodName, dict[str, Usage]] = {}
    for pod, containers in after.pods.items():
        known = before.pods.get(pod, {})
        pods[pod] = {
            name: _usage(known.get(name), counters, seconds, after.at)
            for name, counters in containers.items()
        }
    return Window(after.at, seconds, _usage(before.node, after.node, seconds, after.at), pods)


def _usage(before: Counters | None, after: Counters, seconds: float, at: float) -> Usage:
    """What started meanwhile is measured from its start."""
    spent = after.cpu_seconds
    if before is not None and abs(before.started - after.started) <= _SAME_START:
        spent -= before.cpu_seconds
    else:
        seconds = min(seconds, max(at - after.started, SHORTEST))
    return Usage(max(spent, 0.0) / seconds, after.memory_bytes)
