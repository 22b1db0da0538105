"""How many replicas a metric asks for (`replica_calculator.go`). Pure.

Pods that are not ready yet, or of which nothing is known, count as using nothing where there are to be more,
and as using what they should where there are to be fewer: a number changes only as far as is certain.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from mockcloud.controllers.podautoscaler.objects import Autoscaler, Figures, Metric, ScaledPod

TOLERANCE: Final = 0.1
INITIALIZATION: Final = timedelta(minutes=5)  # in which a pod that starts may use more CPU than later
FIRST_READY: Final = timedelta(seconds=30)  # a pod that was not ready for longer than so was ready once
NO_FIGURES: Final = "no metrics returned from resource metrics API"
NONE_READY: Final = "did not receive metrics for targeted pods (pods might be unready)"


class CannotCount(Exception):
    """The metric says nothing; the message says why, in upstream's words."""


@dataclass(frozen=True, slots=True)
class Counted:
    """So many replicas; what the metric is called, and how it stands."""

    replicas: int
    name: str
    average: int  # thousandths
    utilization: int | None = None  # percent


@dataclass(frozen=True, slots=True)
class Situation:
    """What the number is counted from."""

    autoscaler: Autoscaler
    current: int
    pods: Sequence[ScaledPod]
    figures: Mapping[str, Figures]  # by the pod's name
    now: datetime


@dataclass(frozen=True, slots=True)
class _Groups:
    usage: dict[str, int]  # of those that count in full
    unready: list[str]
    missing: list[str]


def count(metric: Metric, at: Situation) -> Counted:
    """The replicas that the metric asks for; CannotCount."""
    what = "usage" if metric.average is not None else "utilization"
    try:
        usage = _usage(metric, at)
        if metric.average is not None:
            return _by_value(metric, at, usage, metric.average)
        if metric.utilization is None:
            msg = (
                "invalid resource metric source: neither an average utilization target nor an average value "
                "(usage) target was set"
            )
            raise CannotCount(msg)
        return _by_share(metric, at, usage, metric.utilization)
    except CannotCount as error:
        msg = f"failed to get {metric.name} {what}: {error}"
        raise CannotCount(msg) from error


def _usage(metric: Metric, at: Situation) -> dict[str, int]:
    found = {name: each.of(metric.name, metric.container) for name, each in at.figures.items()}
    usage = {name: value for name, value in found.items() if value is not None}
    if not usage:
        msg = f"unable to get metrics for resource {metric.name}: {NO_FIGURES}"
        raise CannotCount(msg)
    if not at.pods:
        msg = "no pods returned by selector while calculating replica count"
        raise CannotCount(msg)
    return usage


def _by_share(metric: Metric, at: Situation, usage: dict[str, int], target: int) -> Counted:
    groups = _grouped(metric, at, usage)
    requests = _requests(metric, at.pods)

    def ratio(values: Mapping[str, int]) -> float:
        return _share(values, requests) / target

    def assumed(name: str) -> int:
        return requests[name] * max(100, target) // 100

    replicas = _replicas(at, groups, ratio, assumed)
    mean = sum(groups.usage.values()) // len(groups.usage)
    name = f"{metric.name} {'container ' if metric.container else ''}resource utilization"
    return Counted(replicas, f"{name} (percentage of request)", mean, int(_share(groups.usage, requests)))


def _share(values: Mapping[str, int], requests: Mapping[str, int]) -> int:
    """Percent of what these pods ask for; CannotCount where they ask for nothing."""
    wanted = sum(requests[name] for name in values if name in requests)
    if not wanted:
        msg = "no metrics returned matched known pods"
        raise CannotCount(msg)
    return sum(value for name, value in values.items() if name in requests) * 100 // wanted


def _by_value(metric: Metric, at: Situation, usage: dict[str, int], target: int) -> Counted:
    groups = _grouped(metric, at, usage)

    def ratio(values: Mapping[str, int]) -> float:
        return sum(values.values()) // len(values) / target

    replicas = _replicas(at, groups, ratio, lambda _name: target)
    mean = sum(groups.usage.values()) // len(groups.usage)
    return Counted(replicas, f"{metric.name} {'container ' if metric.container else ''}resource", mean)


def _replicas(
    at: Situation,
    groups: _Groups,
    ratio: Callable[[Mapping[str, int]], float],
    assumed: Callable[[str], int],
) -> int:
    first = ratio(groups.usage)
    up_with_unready = bool(groups.unready) and first > 1
    if not up_with_unready and not groups.missing:
        return at.current if is_within(at.autoscaler, first) else ceil(first * len(groups.usage))
    values = dict(groups.usage)
    if first < 1:
        values |= {name: assumed(name) for name in groups.missing}
    elif first > 1:
        values |= dict.fromkeys(groups.missing, 0)
    if up_with_unready:
        values |= dict.fromkeys(groups.unready, 0)
    second = ratio(values)
    if is_within(at.autoscaler, second) or (first < 1 < second) or (second < 1 < first):
        return at.current
    found = ceil(second * len(values))
    contradicts = (second < 1 and found > at.current) or (second > 1 and found < at.current)
    return at.current if contradicts else found


def is_within(autoscaler: Autoscaler, ratio: float) -> bool:
    """Whether use is so near to its target that nothing changes."""
    down, up = (
        TOLERANCE if each is None or each.tolerance is None else each.tolerance
        for each in (autoscaler.down, autoscaler.up)
    )
    return 1 - down <= ratio <= 1 + up


def _grouped(metric: Metric, at: Situation, usage: Mapping[str, int]) -> _Groups:
    groups = _Groups({}, [], [])
    for pod in at.pods:
        if pod.ended:
            continue
        if pod.pending:
            groups.unready.append(pod.name)
        elif pod.name not in usage:
            groups.missing.append(pod.name)
        elif metric.name == "cpu" and _is_unready(pod, at.figures[pod.name], at.now):
            groups.unready.append(pod.name)
        else:
            groups.usage[pod.name] = usage[pod.name]
    if not groups.usage:
        raise CannotCount(NONE_READY)
    return groups


def _is_unready(pod: ScaledPod, figures: Figures, now: datetime) -> bool:
    """Whether its CPU is that of a start: within 5 minutes, until it is ready and measured since."""
    if pod.ready is None or pod.ready_since is None or pod.started is None:
        return True
    if pod.started + INITIALIZATION > now:
        return not pod.ready or figures.at < pod.ready_since + timedelta(seconds=figures.window)
    return not pod.ready and pod.started + FIRST_READY > pod.ready_since


def _requests(metric: Metric, pods: Sequence[ScaledPod]) -> dict[str, int]:
    """By pod; CannotCount where one says nothing."""
    found: dict[str, int] = {}
    for pod in pods:
        found[pod.name] = 0
        for name, requests in pod.requests.items():
            if metric.container not in ("", name):
                continue
            if metric.name not in requests:
                msg = f"missing request for {metric.name} in container {name} of Pod {pod.name}"
                raise CannotCount(msg)
            found[pod.name] += requests[metric.name]
    return found
