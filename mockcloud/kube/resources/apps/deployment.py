"""Deployments."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, forbidden, invalid, not_supported
from mockcloud.kube.json_types import JsonObject, filled, object_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.pods.templates import (
    TEMPLATE_COLUMNS,
    count,
    same_selector,
    selector_and_template,
    template_cells,
    with_template_defaults,
)
from mockcloud.kube.resources.printing import Cell, Printer, age, name_of, texts
from mockcloud.kube.resources.validation.numbers import amount, count_or_percent, not_negative

_COUNTED: Final = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")


def deployment_defaults(obj: JsonObject) -> JsonObject:
    """One pod, and a rolling update that keeps three quarters."""
    spec = with_template_defaults(
        filled(object_at(obj, "spec"), replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    )
    strategy = filled(object_at(spec, "strategy"), type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = filled(object_at(strategy, "rollingUpdate"), maxUnavailable="25%", maxSurge="25%")
        strategy["rollingUpdate"] = rolling
    return {**obj, "spec": {**spec, "strategy": strategy}}


def deployment_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """The selector matches the template and never changes; a rollout can move."""
    spec = object_at(new, "spec")
    yield from not_negative("spec.replicas", spec.get("replicas"))
    yield from selector_and_template(spec, "deployment")
    yield from _strategy(object_at(spec, "strategy"))
    for key in ("minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"):
        yield from not_negative(f"spec.{key}", spec.get(key))
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= (spec.get("minReadySeconds") or 0):
        yield invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")
    yield from same_selector(spec, old)
    yield from _counts(object_at(new, "status"))


def _counts(status: JsonObject) -> Iterator[Cause]:
    """The pods that a status counts are among its replicas (ValidateDeploymentStatus)."""
    for key in ("observedGeneration", *_COUNTED, "unavailableReplicas", "collisionCount"):
        yield from not_negative(f"status.{key}", status.get(key))
    for key in ("updatedReplicas", "readyReplicas", "availableReplicas"):
        if count(status, key) > count(status, "replicas"):
            yield invalid(f"status.{key}", count(status, key), "cannot be greater than status.replicas")
    if count(status, "availableReplicas") > count(status, "readyReplicas"):
        why = "cannot be greater than readyReplicas"
        yield invalid("status.availableReplicas", count(status, "availableReplicas"), why)


def _strategy(strategy: JsonObject) -> Iterator[Cause]:
    at, rolling = "spec.strategy", strategy.get("rollingUpdate")
    match strategy.get("type"):
        case "Recreate":
            if rolling is not None:
                why = "may not be specified when strategy `type` is 'Recreate'"
                yield forbidden(f"{at}.rollingUpdate", why)
        case "RollingUpdate":
            yield from _rolling(f"{at}.rollingUpdate", rolling or {})
        case _:
            yield not_supported(at, strategy, ("Recreate", "RollingUpdate"))


def _rolling(at: str, rolling: JsonObject) -> Iterator[Cause]:
    unavailable = rolling.get("maxUnavailable")
    for key in ("maxUnavailable", "maxSurge"):
        yield from count_or_percent(f"{at}.{key}", rolling.get(key))
    if amount(unavailable) == 0 and amount(rolling.get("maxSurge")) == 0:
        yield invalid(f"{at}.maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0")
    if isinstance(unavailable, str) and amount(unavailable) > 100:
        yield invalid(f"{at}.maxUnavailable", unavailable, "must not be greater than 100%")


def _row(deployment: JsonObject, now: float) -> list[Cell]:
    status = object_at(deployment, "status")
    wanted = object_at(deployment, "spec").get("replicas", 1)
    return [
        name_of(deployment),
        f"{count(status, 'readyReplicas')}/{wanted}",
        count(status, "updatedReplicas"),
        count(status, "availableReplicas"),
        age(deployment, now),
        *template_cells(deployment),
    ]


DEPLOYMENT: Final = Kind(
    "apps",
    "v1",
    "Deployment",
    "deployments",
    ("deploy",),
    categories=("all",),
    subresources=("scale", "status"),
    model="V1Deployment",
    has_generation=True,
    annotations_count=True,
    defaults=deployment_defaults,
    validate=deployment_problems,
    printer=Printer((*texts("Name", "Ready", "Up-to-date", "Available", "Age"), *TEMPLATE_COLUMNS), _row),
)
