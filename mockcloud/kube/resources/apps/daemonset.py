"""DaemonSets."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, invalid, not_supported, required
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
from mockcloud.kube.resources.printing import Cell, Printer, age, integers, label_text, name_of, texts
from mockcloud.kube.resources.validation.numbers import amount, count_or_percent, not_negative

COUNTS: Final = (
    "desiredNumberScheduled",
    "currentNumberScheduled",
    "numberReady",
    "updatedNumberScheduled",
    "numberAvailable",
)


def daemon_set_defaults(obj: JsonObject) -> JsonObject:
    """A rolling update, one node at a time."""
    spec = filled(object_at(obj, "spec"), revisionHistoryLimit=10)
    strategy = filled(object_at(spec, "updateStrategy"), type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = filled(object_at(strategy, "rollingUpdate"), maxUnavailable=1, maxSurge=0)
    return {**obj, "spec": with_template_defaults({**spec, "updateStrategy": strategy})}


def daemon_set_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """The selector matches the template and never changes; an update can move."""
    spec = object_at(new, "spec")
    yield from selector_and_template(spec, "daemonset")
    for key in ("minReadySeconds", "revisionHistoryLimit"):
        yield from not_negative(f"spec.{key}", spec.get(key))
    strategy = object_at(spec, "updateStrategy")
    match strategy.get("type"):
        case "RollingUpdate":
            yield from _rolling("spec.updateStrategy.rollingUpdate", object_at(strategy, "rollingUpdate"))
        case "OnDelete":
            pass
        case other:
            yield not_supported("spec.updateStrategy", other or "", ("RollingUpdate", "OnDelete"))
    yield from same_selector(spec, old)


def _rolling(at: str, rolling: JsonObject) -> Iterator[Cause]:
    unavailable, surge = (rolling.get(key) for key in ("maxUnavailable", "maxSurge"))
    bounds = {"maxUnavailable": unavailable, "maxSurge": surge}
    for key, bound in bounds.items():
        yield from count_or_percent(f"{at}.{key}", bound)
    for key, bound in bounds.items():
        if isinstance(bound, str) and amount(bound) > 100:
            yield invalid(f"{at}.{key}", bound, "must not be greater than 100%")
    if amount(unavailable) and amount(surge):
        yield invalid(f"{at}.maxSurge", surge, "may not be set when maxUnavailable is non-zero")
    elif not amount(unavailable) and not amount(surge):
        yield required(f"{at}.maxUnavailable", "cannot be 0 when maxSurge is 0")


def _row(daemon_set: JsonObject, now: float) -> list[Cell]:
    status = object_at(daemon_set, "status")
    pod = object_at(object_at(object_at(daemon_set, "spec"), "template"), "spec")
    return [
        name_of(daemon_set),
        *(count(status, each) for each in COUNTS),
        label_text(object_at(pod, "nodeSelector")),
        age(daemon_set, now),
        *template_cells(daemon_set),
    ]


def _first_state(obj: JsonObject) -> JsonObject:
    zeros = dict.fromkeys((*COUNTS[:3], "numberMisscheduled"), 0)
    return {**obj, "status": zeros}


DAEMON_SET: Final = Kind(
    "apps",
    "v1",
    "DaemonSet",
    "daemonsets",
    ("ds",),
    categories=("all",),
    subresources=("status",),
    model="V1DaemonSet",
    has_generation=True,
    defaults=daemon_set_defaults,
    validate=daemon_set_problems,
    first_state=_first_state,
    printer=Printer(
        (
            *texts("Name"),
            *integers("Desired", "Current", "Ready", "Up-to-date", "Available"),
            *texts("Node Selector", "Age"),
            *TEMPLATE_COLUMNS,
        ),
        _row,
    ),
)
