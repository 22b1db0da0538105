"""From the replicas that are recommended to those that may be (`horizontal.go`): bounds and speed. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import ceil
from typing import Final

from mockcloud.controllers.podautoscaler.objects import Autoscaler, Direction, Policy

DOWN_WINDOW: Final = 300.0  # seconds, where nobody says how fast


@dataclass(frozen=True, slots=True)
class Memory:
    """What the controller remembers of an autoscaler: (when, in seconds) and how many."""

    recommended: tuple[tuple[float, int], ...] = ()
    added: tuple[tuple[float, int], ...] = ()
    removed: tuple[tuple[float, int], ...] = ()

    def scaled(self, change: int, now: float) -> "Memory":
        """After the number has changed by so many."""
        if change > 0:
            return replace(self, added=(*_since(self.added, now - 3600), (now, change)))
        return replace(self, removed=(*_since(self.removed, now - 3600), (now, -change)))


@dataclass(frozen=True, slots=True)
class Said:
    """A condition's status, reason and message."""

    status: bool
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Limited:
    """How many there may be now, and what conditions AbleToScale and ScalingLimited say of it."""

    replicas: int
    able: Said
    limited: Said
    memory: Memory


def limit(scaler: Autoscaler, current: int, wanted: int, memory: Memory, now: float) -> Limited:
    """How many of the wanted replicas there may be now."""
    steady, able, memory = _steadied(scaler, current, wanted, memory, now)
    replicas, limited = _bounded(scaler, current, steady, memory, now)
    return Limited(replicas, able, limited, memory)


def _steadied(
    scaler: Autoscaler, current: int, wanted: int, memory: Memory, now: float
) -> tuple[int, Said, Memory]:
    """Not more than the lowest recommendation of late, and not fewer than the highest."""
    up = scaler.up.window if scaler.up else 0.0
    down = scaler.down.window if scaler.down else DOWN_WINDOW
    kept = _since(memory.recommended, now - max(up, down))
    memory = replace(memory, recommended=(*kept, (now, wanted)))
    if scaler.up is None and scaler.down is None:
        steady = max([wanted, *(number for _, number in kept)])
        reason, word = "ScaleDownStabilized", "recent recommendations were higher than current one"
        message = f"{word}, applying the highest recent recommendation"
    else:
        lowest = min([wanted, *(number for when, number in kept if when > now - up)])
        highest = max([wanted, *(number for when, number in kept if when > now - down)])
        steady = min(max(current, lowest), highest)
        reason = "ScaleUpStabilized" if wanted >= current else "ScaleDownStabilized"
        word, end = ("lower", "lowest") if wanted >= current else ("higher", "highest")
        message = (
            f"recent recommendations were {word} than current one, applying the {end} recent recommendation"
        )
    if steady == wanted:
        return steady, Said(True, "ReadyForNewScale", "recommended size matches current size"), memory
    return steady, Said(True, reason, message), memory


def _bounded(scaler: Autoscaler, current: int, wanted: int, memory: Memory, now: float) -> tuple[int, Said]:
    least, most = scaler.least, scaler.most
    highest, lowest = max(2 * current, 4), 0
    if scaler.up is not None or scaler.down is not None:
        highest = _fastest_up(scaler.up, current, memory, now)
        lowest = _fastest_down(scaler.down, current, memory, now)
    if wanted > current and wanted > min(highest, most):
        if highest < most:
            why = "the desired replica count is increasing faster than the maximum scale rate"
            return max(highest, current), Said(True, "ScaleUpLimit", why)
        return most, _too_many()
    if wanted < current and wanted < max(lowest, least):
        if lowest > least:
            why = "the desired replica count is decreasing faster than the maximum scale rate"
            return min(lowest, current), Said(True, "ScaleDownLimit", why)
        return least, _too_few()
    if wanted < least:
        return least, _too_few()
    if wanted > most:
        return most, _too_many()
    return wanted, Said(False, "DesiredWithinRange", "the desired count is within the acceptable range")


def _too_many() -> Said:
    why = "the desired replica count is more than the maximum replica count"
    return Said(True, "TooManyReplicas", why)


def _too_few() -> Said:
    why = "the desired replica count is less than the minimum replica count"
    return Said(True, "TooFewReplicas", why)


def _fastest_up(rules: Direction | None, current: int, memory: Memory, now: float) -> int:
    if rules is None:
        rules = Direction("Max", (Policy("Pods", 4, 15), Policy("Percent", 100, 15)), 0)

    def reached(policy: Policy) -> int:
        added, removed = _within(memory, policy.seconds, now)
        before = current - added + removed
        if policy.kind == "Pods":
            return before + policy.value
        return ceil(before * (1 + policy.value / 100))

    return _selected(rules, current, (reached(each) for each in rules.policies), max)


def _fastest_down(rules: Direction | None, current: int, memory: Memory, now: float) -> int:
    if rules is None:
        rules = Direction("Max", (Policy("Percent", 100, 15),), 300)

    def reached(policy: Policy) -> int:
        added, removed = _within(memory, policy.seconds, now)
        before = current - added + removed
        if policy.kind == "Pods":
            return before - policy.value
        return int(before * (1 - policy.value / 100))

    return _selected(rules, current, (reached(each) for each in rules.policies), min)


def _selected(
    rules: Direction, current: int, reached: Iterable[int], furthest: Callable[[list[int]], int]
) -> int:
    if rules.select == "Disabled":
        return current
    nearest = min if furthest is max else max
    return (nearest if rules.select == "Min" else furthest)(list(reached))


def _within(memory: Memory, seconds: int, now: float) -> tuple[int, int]:
    """How many were added and removed in the last seconds."""
    since = now - seconds
    return (
        sum(number for when, number in memory.added if when > since),
        sum(number for when, number in memory.removed if when > since),
    )


def _since(entries: tuple[tuple[float, int], ...], when: float) -> tuple[tuple[float, int], ...]:
    return tuple(entry for entry in entries if entry[0] > when)
