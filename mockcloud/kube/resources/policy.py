"""The kinds of the group policy: PodDisruptionBudgets."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, invalid, not_supported
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import Cell, Printer, age, integers, name_of, texts
from mockcloud.kube.resources.validation.metadata import label_selector
from mockcloud.kube.resources.validation.numbers import amount, count_or_percent

BOUNDS: Final = ("minAvailable", "maxUnavailable")
EVICTION_POLICIES: Final = ("AlwaysAllow", "IfHealthyBudget")
NOT_STATED: Final = "N/A"


def budget_problems(new: JsonObject, _old: JsonObject | None) -> Iterator[Cause]:
    """One of the two bounds, and a selector."""
    spec = object_at(new, "spec")
    if all(spec.get(key) is not None for key in BOUNDS):
        yield invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set")
    for key in BOUNDS:
        bound = spec.get(key)
        yield from count_or_percent(f"spec.{key}", bound)
        if isinstance(bound, str) and amount(bound) > 100:
            yield invalid(f"spec.{key}", bound, "must not be greater than 100%")
    if spec.get("selector") is not None:
        yield from label_selector("spec.selector", object_at(spec, "selector"))
    policy = spec.get("unhealthyPodEvictionPolicy")
    if policy is not None and policy not in EVICTION_POLICIES:
        yield not_supported("spec.unhealthyPodEvictionPolicy", policy, EVICTION_POLICIES)


def _first_state(obj: JsonObject) -> JsonObject:
    zeros = dict.fromkeys(("currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods"), 0)
    return {**obj, "status": zeros}


def _row(budget: JsonObject, now: float) -> list[Cell]:
    spec = object_at(budget, "spec")
    bounds = [NOT_STATED if spec.get(key) is None else str(spec[key]) for key in BOUNDS]
    allowed = int(object_at(budget, "status").get("disruptionsAllowed") or 0)
    return [name_of(budget), *bounds, allowed, age(budget, now)]


POD_DISRUPTION_BUDGET: Final = Kind(
    "policy",
    "v1",
    "PodDisruptionBudget",
    "poddisruptionbudgets",
    ("pdb",),
    subresources=("status",),
    model="V1PodDisruptionBudget",
    has_generation=True,
    validate=budget_problems,
    first_state=_first_state,
    printer=Printer(
        (
            *texts("Name", "Min Available", "Max Unavailable"),
            *integers("Allowed Disruptions"),
            *texts("Age"),
        ),
        _row,
    ),
)
