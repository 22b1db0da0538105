"""A Deployment as its controller sees it, and what that writes on ReplicaSets."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.metadata import Meta, Selector, moment, parse_meta, parse_selector
from mockcloud.controllers.objects.replica_sets import or_default

DESIRED: Final = "deployment.kubernetes.io/desired-replicas"
MAXIMUM: Final = "deployment.kubernetes.io/max-replicas"


@dataclass(frozen=True, slots=True)
class Condition:
    """One entry of status.conditions."""

    type: str
    status: str
    reason: str
    message: str
    updated: datetime | None = None
    changed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is to run, and how it may be replaced."""

    meta: Meta
    replicas: int
    selector: Selector
    template: Object = field(compare=False)
    recreate: bool
    max_surge: int  # resolved to a number of pods
    max_unavailable: int
    paused: bool
    min_ready_seconds: int
    progress_deadline: int | None  # seconds
    history_limit: int
    collisions: int
    conditions: tuple[Condition, ...]
    status: Object = field(compare=False)

    def condition(self, kind: str) -> Condition | None:
        """The condition of that type, if it has been written."""
        return next((each for each in self.conditions if each.type == kind), None)


def parse_deployment(obj: Object) -> Deployment:
    """From an apps/v1 Deployment with its defaults filled in."""
    spec, status = obj["spec"], obj.get("status") or {}
    replicas = or_default(spec.get("replicas"), 1)
    strategy = spec.get("strategy") or {}
    surge, unavailable = _bounds(strategy.get("rollingUpdate") or {}, replicas)
    return Deployment(
        meta=parse_meta(obj),
        replicas=replicas,
        selector=parse_selector(spec.get("selector")),
        template=spec["template"],
        recreate=strategy.get("type") == "Recreate",
        max_surge=surge,
        max_unavailable=unavailable,
        paused=bool(spec.get("paused")),
        min_ready_seconds=spec.get("minReadySeconds") or 0,
        progress_deadline=spec.get("progressDeadlineSeconds"),
        history_limit=or_default(spec.get("revisionHistoryLimit"), 10),
        collisions=status.get("collisionCount") or 0,
        conditions=tuple(_condition(each) for each in status.get("conditions") or ()),
        status=status,
    )


def _condition(raw: Object) -> Condition:
    return Condition(
        raw["type"],
        raw["status"],
        raw.get("reason") or "",
        raw.get("message") or "",
        moment(raw.get("lastUpdateTime")),
        moment(raw.get("lastTransitionTime")),
    )


def _bounds(rolling: Object, replicas: int) -> tuple[int, int]:
    """(surge, unavailable) in pods: percentages round up and down; where both are 0, one may lack."""
    surge = _pods(rolling.get("maxSurge", "25%"), replicas, up=True)
    unavailable = _pods(rolling.get("maxUnavailable", "25%"), replicas, up=False)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return surge, min(unavailable, replicas)


def _pods(bound: int | str, replicas: int, *, up: bool) -> int:
    if isinstance(bound, int):
        return bound
    percent = int(bound.removesuffix("%"))
    return (percent * replicas + (99 if up else 0)) // 100
