"""What becomes of a HorizontalPodAutoscaler now: so many replicas, its conditions, what happened. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.podautoscaler.limits import Memory, Said, limit
from mockcloud.controllers.podautoscaler.objects import Autoscaler, Metric
from mockcloud.controllers.podautoscaler.replicas import CannotCount, Counted, Situation, count
from mockcloud.quotas.quantities import Quantity

ABLE: Final = "AbleToScale"
ACTIVE: Final = "ScalingActive"
LIMITED: Final = "ScalingLimited"
GOT_SCALE: Final = Said(
    True, "SucceededGetScale", "the HPA controller was able to get the target's current scale"
)


@dataclass(frozen=True, slots=True)
class Happened:
    """An Event."""

    reason: str
    message: str
    warning: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """`replicas`: how many there are to be; `why` is "" where that changes nothing."""

    replicas: int
    why: str = ""
    conditions: Mapping[str, Said] = field(default_factory=dict)
    metrics: tuple[Object, ...] = ()
    events: tuple[Happened, ...] = ()
    memory: Memory = field(default_factory=Memory)


def without_scale(why: str) -> Plan:
    """Its target is not there, or has no scale."""
    message = f"the HPA controller was unable to get the target's current scale: {why}"
    condition = Said(False, "FailedGetScale", message)
    return Plan(0, conditions={ABLE: condition}, events=(Happened("FailedGetScale", why),))


def decide(at: Situation, selected: bool, memory: Memory) -> Plan:
    """How many replicas there are to be; `selected`: whether the scale says which pods are meant."""
    scaler, current, now = at.autoscaler, at.current, at.now.timestamp()
    if not memory.recommended:
        memory = Memory(((now, current),))
    able = {ABLE: GOT_SCALE}
    if current == 0 and scaler.least != 0:
        why = "scaling is disabled since the replica count of the target is zero"
        return Plan(0, conditions={**able, ACTIVE: Said(False, "ScalingDisabled", why)}, memory=memory)
    if current > scaler.most:
        why = "Current number of replicas above Spec.MaxReplicas"
        return Plan(scaler.most, why, able, memory=memory)
    if current < scaler.least:
        why = "Current number of replicas below Spec.MinReplicas"
        return Plan(scaler.least, why, able, memory=memory)
    if not selected:
        why = "the HPA target's scale is missing a selector"
        said = Said(False, "InvalidSelector", why)
        events = (Happened("SelectorRequired", "selector is required"),)
        return Plan(current, conditions={**able, ACTIVE: said}, events=events, memory=memory)
    return _by_metrics(at, memory)


def _by_metrics(at: Situation, memory: Memory) -> Plan:
    current, now = at.current, at.now.timestamp()
    counted, failed = _counts(at)
    first = next(iter(failed.values()), None)
    highest = max(counted.values(), key=lambda each: each.replicas, default=None)
    metrics = tuple(
        _status(metric, counted.get(number)) for number, metric in enumerate(at.autoscaler.metrics)
    )
    events = tuple(Happened(*each) for each in failed.values())
    if highest is None or (first is not None and highest.replicas < current):
        assert first is not None
        reason, why = first
        said = Said(False, reason, f"the HPA was unable to compute the replica count: {why}")
        total = f"{len(failed)} invalid out of {len(at.autoscaler.metrics)}"
        whole = f"invalid metrics ({total}), first error is: {why}"
        events += (Happened("FailedComputeMetricsReplicas", whole),)
        conditions = {ABLE: GOT_SCALE, ACTIVE: said}
        return Plan(current, "", conditions, metrics if counted else (), events, memory)
    found = limit(at.autoscaler, current, highest.replicas, memory, now)
    why = f"the HPA was able to successfully calculate a replica count from {highest.name}"
    conditions = {
        ABLE: found.able,
        ACTIVE: Said(True, "ValidMetricFound", why),
        LIMITED: found.limited,
    }
    reason = ""
    if found.replicas != current:
        reason = "All metrics below target" if found.replicas < current else f"{highest.name} above target"
    return Plan(found.replicas, reason, conditions, metrics, events, found.memory)


def _counts(at: Situation) -> tuple[dict[int, Counted], dict[int, tuple[str, str]]]:
    """By the metric's place: what it asks for, or reason and message of why that is not known."""
    counted: dict[int, Counted] = {}
    failed: dict[int, tuple[str, str]] = {}
    for number, metric in enumerate(at.autoscaler.metrics):
        try:
            counted[number] = _count(metric, at)
        except CannotCount as error:
            failed[number] = (f"FailedGet{metric.kind}Metric", str(error))
    return counted, failed


def _count(metric: Metric, at: Situation) -> Counted:
    if metric.kind in ("Resource", "ContainerResource"):
        return count(metric, at)
    api = "external" if metric.kind == "External" else "custom"
    why = f"unable to get metric {metric.name}: unable to fetch metrics from {api} metrics API"
    msg = f"{why}: the server could not find the metric"
    raise CannotCount(msg)


def _status(metric: Metric, counted: Counted | None) -> Object:
    """One of status.currentMetrics; of what is not known as much as upstream says."""
    if counted is None:
        return {"type": ""}
    current: Object = {"averageValue": str(Quantity(Fraction(counted.average, 1000)))}
    if counted.utilization is not None:
        current = {"averageUtilization": counted.utilization, **current}
    key = metric.kind[:1].lower() + metric.kind[1:]
    container = {"container": metric.container} if metric.container else {}
    return {"type": metric.kind, key: {"name": metric.name, **container, "current": current}}


def rescaled(plan: Plan, current: int, now: datetime) -> Plan:
    """After the number has been changed."""
    why = f"the HPA controller was able to update the target scale to {plan.replicas}"
    conditions = {**plan.conditions, ABLE: Said(True, "SucceededRescale", why)}
    message = f"New size: {plan.replicas}; reason: {plan.why}"
    event = Happened("SuccessfulRescale", message, warning=False)
    memory = plan.memory.scaled(plan.replicas - current, now.timestamp())
    return replace(plan, conditions=conditions, events=(*plan.events, event), memory=memory)


def not_rescaled(plan: Plan, current: int, error: str) -> Plan:
    """After the API has refused the change."""
    why = f"the HPA controller was unable to update the target scale: {error}"
    conditions = {**plan.conditions, ABLE: Said(False, "FailedUpdateScale", why)}
    message = f"New size: {plan.replicas}; reason: {plan.why}; error: {error}"
    event = Happened("FailedRescale", message)
    return replace(plan, replicas=current, why="", conditions=conditions, events=(*plan.events, event))


def status(scaler: Autoscaler, plan: Plan, current: int | None, now: str) -> Object:
    """The whole status; `current`: how many there were, None where nobody knows."""
    old = scaler.status
    kept: Object = {key: old[key] for key in ("lastScaleTime", "currentReplicas") if key in old}
    wanted: Object = {
        **kept,
        "desiredReplicas": plan.replicas if current is not None else old.get("desiredReplicas") or 0,
        "conditions": _conditions(old.get("conditions") or (), plan.conditions, now),
    }
    if current is not None:
        wanted["currentReplicas"] = current
        wanted["currentMetrics"] = list(plan.metrics) or None
        if plan.why:
            wanted["lastScaleTime"] = now
    return wanted


def _conditions(old: Sequence[Object], said: Mapping[str, Said], now: str) -> list[Object]:
    """Those said now, and what was said before of others; a status that stays keeps its time."""
    found = {each["type"]: each for each in old}
    for kind, each in said.items():
        text, before = "True" if each.status else "False", found.get(kind)
        same = before is not None and before["status"] == text
        found[kind] = {
            "type": kind,
            "status": text,
            "lastTransitionTime": before["lastTransitionTime"] if before is not None and same else now,
            "reason": each.reason,
            "message": each.message,
        }
    return list(found.values())
