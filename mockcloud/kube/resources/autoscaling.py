"""HorizontalPodAutoscalers, in both versions (controllers/podautoscaler acts on them)."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from mockcloud.kube.field_errors import Cause, forbidden, invalid, not_supported, required
from mockcloud.kube.json_types import JsonObject, filled, object_at, objects_at
from mockcloud.kube.resources.kind import Kind, StorageVersion
from mockcloud.kube.resources.printing import NONE, UNKNOWN, Cell, Printer, age, name_of, texts
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes
from mockcloud.kube.resources.validation.numbers import not_negative
from mockcloud.quotas.quantities import count, parsed

SOURCES: Final = {
    "ContainerResource": "containerResource",
    "External": "external",
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
}
TARGETS: Final = ("Utilization", "Value", "AverageValue")
SELECTED: Final = ("Disabled", "Max", "Min")
POLICIES: Final = ("Percent", "Pods")
LONGEST_WINDOW: Final = 3600
LONGEST_PERIOD: Final = 1800
UTILIZATION: Final = 80
SHOWN: Final = 2
"""How many metrics a table shows."""
UNSET: Final = "<unset>"
NOTES: Final = "autoscaling.alpha.kubernetes.io/"
"""Of the annotations in which version 1 keeps what it has no field for."""


def autoscaler_defaults(obj: JsonObject) -> JsonObject:
    """One pod at least, by the use of CPU; rules of scaling are whole where there are any."""
    spec = filled(object_at(obj, "spec"), minReplicas=1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": UTILIZATION}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    if spec.get("behavior") is not None:
        behavior = spec["behavior"]
        up = _rules(behavior.get("scaleUp"), {"Pods": 4, "Percent": 100}, 0)
        spec["behavior"] = {"scaleUp": up, "scaleDown": _rules(behavior.get("scaleDown"), {"Percent": 100})}
    return {**obj, "spec": spec}


def _rules(given: JsonObject | None, policies: Mapping[str, int], window: int | None = None) -> JsonObject:
    made = [{"type": kind, "value": value, "periodSeconds": 15} for kind, value in policies.items()]
    found: JsonObject = {"selectPolicy": "Max", "policies": made}
    if window is not None:
        found["stabilizationWindowSeconds"] = window
    return {**found, **{key: value for key, value in (given or {}).items() if value is not None}}


def autoscaler_problems(new: JsonObject, _old: JsonObject | None) -> Iterator[Cause]:
    """What is scaled, between which numbers, by which metrics, how fast."""
    spec, status = object_at(new, "spec"), object_at(new, "status")
    least, most = spec.get("minReplicas"), spec.get("maxReplicas") or 0
    if least is not None and least < 1:
        yield invalid("spec.minReplicas", least, "must be greater than or equal to 1")
    if most < 1:
        yield invalid("spec.maxReplicas", most, "must be greater than 0")
    if least is not None and most < least:
        yield invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")
    yield from _scaled("spec.scaleTargetRef", object_at(spec, "scaleTargetRef"))
    for index, metric in enumerate(objects_at(spec, "metrics")):
        yield from _metric(f"spec.metrics[{index}]", metric)
    for key in ("scaleUp", "scaleDown"):
        rules = object_at(spec, "behavior").get(key)
        if rules is not None:
            yield from _scaling(f"spec.behavior.{key}", rules)
    for key in ("currentReplicas", "desiredReplicas"):
        yield from not_negative(f"status.{key}", status.get(key))


def _scaled(at: str, target: JsonObject) -> Iterator[Cause]:
    """Of the group `` only ReplicationControllers have a scale."""
    yield from _reference(at, target)
    version = str(target.get("apiVersion") or "")
    if "/" not in version and target.get("kind") != "ReplicationController":
        yield invalid(f"{at}.apiVersion", version, "apiVersion must specify API group")


def _reference(at: str, reference: JsonObject) -> Iterator[Cause]:
    for key in ("kind", "name"):
        value = reference.get(key) or ""
        yield from (
            causes(f"{at}.{key}", value, formats.path_segment(value)) if value else [required(f"{at}.{key}")]
        )
    version = str(reference.get("apiVersion") or "")
    if version.count("/") > 1:
        yield invalid(f"{at}.apiVersion", version, f"unexpected GroupVersion string: {version}")


def _metric(at: str, metric: JsonObject) -> Iterator[Cause]:
    kind = metric.get("type") or ""
    yield from _kind(f"{at}.type", kind)
    given = [
        name for name in ("object", "external", "pods", "resource", "containerResource") if metric.get(name)
    ]
    if given:
        yield from CHECKS[given[0]](f"{at}.{given[0]}", metric[given[0]])
    expected = SOURCES.get(kind)
    if expected is None:
        yield not_supported(f"{at}.type", kind, SOURCES)
    elif not metric.get(expected):
        yield required(f"{at}.{expected}", "must populate information for the given metric source")
    if len(given) != 1:
        for name in given:
            if name != expected:
                yield forbidden(f"{at}.{name}", "must populate the given metric source only")


def _kind(at: str, kind: str) -> Iterator[Cause]:
    if not kind:
        yield required(at, "must specify a metric source type")
    if kind not in SOURCES:
        yield not_supported(at, kind, SOURCES)


def _identifier(at: str, source: JsonObject) -> Iterator[Cause]:
    name = object_at(source, "metric").get("name") or ""
    if not name:
        yield required(f"{at}.metric.name", "must specify a metric name")
    else:
        yield from causes(f"{at}.metric.name", name, formats.path_segment(name))


def _target(at: str, source: JsonObject) -> Iterator[Cause]:
    target = object_at(source, "target")
    kind = target.get("type") or ""
    if not kind:
        yield required(f"{at}.target.type", "must specify a metric target type")
    if kind not in TARGETS:
        yield invalid(f"{at}.target.type", kind, "must be either Utilization, Value, or AverageValue")
    amounts = parsed({key: target[key] for key in ("value", "averageValue") if target.get(key) is not None})
    for key, amount in amounts.items():
        if amount <= count(0):
            yield invalid(f"{at}.target.{key}", str(amount), "must be positive")
    share = target.get("averageUtilization")
    if share is not None and share < 1:
        yield invalid(f"{at}.target.averageUtilization", share, "must be greater than 0")


def _object(at: str, source: JsonObject) -> Iterator[Cause]:
    yield from _reference(f"{at}.describedObject", object_at(source, "describedObject"))
    yield from _identifier(at, source)
    yield from _target(at, source)
    target = object_at(source, "target")
    if target.get("value") is None and target.get("averageValue") is None:
        yield required(f"{at}.target.averageValue", "must set either a target value or averageValue")


def _external(at: str, source: JsonObject) -> Iterator[Cause]:
    yield from _identifier(at, source)
    yield from _target(at, source)
    target = object_at(source, "target")
    whole, each = target.get("value"), target.get("averageValue")
    if whole is None and each is None:
        why = "must set either a target value for metric or a per-pod target"
        yield required(f"{at}.target.averageValue", why)
    if whole is not None and each is not None:
        why = "may not set both a target value for metric and a per-pod target"
        yield forbidden(f"{at}.target.value", why)


def _pods(at: str, source: JsonObject) -> Iterator[Cause]:
    yield from _identifier(at, source)
    yield from _target(at, source)
    if object_at(source, "target").get("averageValue") is None:
        yield required(f"{at}.target.averageValue", "must specify a positive target averageValue")


def _resource(at: str, source: JsonObject) -> Iterator[Cause]:
    if not source.get("name"):
        yield required(f"{at}.name", "must specify a resource name")
    yield from _target(at, source)
    yield from _share_or_amount(at, object_at(source, "target"))


def _container_resource(at: str, source: JsonObject) -> Iterator[Cause]:
    container = source.get("container") or ""
    if not source.get("name"):
        yield required(f"{at}.name", "must specify a resource name")
    if not container:
        yield required(f"{at}.container", "must specify a container")
    else:
        yield from causes(f"{at}.container", container, formats.dns_1123_label(container))
    yield from _target(at, source)
    yield from _share_or_amount(at, object_at(source, "target"))


def _share_or_amount(at: str, target: JsonObject) -> Iterator[Cause]:
    share, amount = target.get("averageUtilization"), target.get("averageValue")
    if share is None and amount is None:
        why = "must set either a target raw value or a target utilization"
        yield required(f"{at}.target.averageUtilization", why)
    if share is not None and amount is not None:
        why = "may not set both a target raw value and a target utilization"
        yield forbidden(f"{at}.target.averageValue", why)


CHECKS: Final[Mapping[str, Callable[[str, JsonObject], Iterator[Cause]]]] = {
    "object": _object,
    "external": _external,
    "pods": _pods,
    "resource": _resource,
    "containerResource": _container_resource,
}


def _scaling(at: str, rules: JsonObject) -> Iterator[Cause]:
    window, selected = rules.get("stabilizationWindowSeconds"), rules.get("selectPolicy")
    if window is not None and window < 0:
        yield invalid(f"{at}.stabilizationWindowSeconds", window, "must be greater than or equal to zero")
    if window is not None and window > LONGEST_WINDOW:
        why = f"must be less than or equal to {LONGEST_WINDOW}"
        yield invalid(f"{at}.stabilizationWindowSeconds", window, why)
    if selected is not None and selected not in SELECTED:
        yield not_supported(f"{at}.selectPolicy", selected, SELECTED)
    policies = objects_at(rules, "policies")
    if not policies:
        yield required(f"{at}.policies", "must specify at least one Policy")
    for index, policy in enumerate(policies):
        yield from _policy(f"{at}.policies[{index}]", policy)


def _policy(at: str, policy: JsonObject) -> Iterator[Cause]:
    if policy.get("type") not in POLICIES:
        yield not_supported(f"{at}.type", policy.get("type") or "", POLICIES)
    for key in ("value", "periodSeconds"):
        if (policy.get(key) or 0) <= 0:
            yield invalid(f"{at}.{key}", policy.get(key) or 0, "must be greater than zero")
    if (policy.get("periodSeconds") or 0) > LONGEST_PERIOD:
        why = f"must be less than or equal to {LONGEST_PERIOD}"
        yield invalid(f"{at}.periodSeconds", policy["periodSeconds"], why)


def _row(scaler: JsonObject, now: float) -> list[Cell]:
    spec, status = object_at(scaler, "spec"), object_at(scaler, "status")
    reference, least = object_at(spec, "scaleTargetRef"), spec.get("minReplicas")
    return [
        name_of(scaler),
        f"{reference.get('kind', '')}/{reference.get('name', '')}",
        _metrics(objects_at(spec, "metrics"), objects_at(status, "currentMetrics")),
        UNSET if least is None else str(least),
        spec.get("maxReplicas") or 0,
        status.get("currentReplicas") or 0,
        age(scaler, now),
    ]


def _metrics(specs: list[JsonObject], statuses: list[JsonObject]) -> str:
    shown = [
        _shown(spec, statuses[index] if index < len(statuses) else {}) for index, spec in enumerate(specs)
    ]
    if not shown:
        return NONE
    more = f" + {len(shown) - SHOWN} more..." if len(shown) > SHOWN else ""
    return ", ".join(shown[:SHOWN]) + more


def _shown(spec: JsonObject, status: JsonObject) -> str:
    key = SOURCES.get(spec.get("type") or "")
    if key is None:
        return "<unknown type>"
    source, current = object_at(spec, key), object_at(object_at(status, key), "current")
    target = object_at(source, "target")
    if key in ("resource", "containerResource"):
        if target.get("averageValue") is not None:
            return f"{source.get('name')}: {current.get('averageValue') or UNKNOWN}/{target['averageValue']}"
        share, wanted = current.get("averageUtilization"), target.get("averageUtilization")
        now, then = UNKNOWN if share is None else f"{share}%", "<auto>" if wanted is None else f"{wanted}%"
        return f"{source.get('name')}: {now}/{then}"
    if target.get("averageValue") is not None:
        mark = "" if key == "pods" else " (avg)"
        return f"{current.get('averageValue') or UNKNOWN}/{target['averageValue']}{mark}"
    return f"{current.get('value') or UNKNOWN}/{target.get('value')}"


_COLUMNS: Final = texts("Name", "Reference", "Targets", "MinPods", "MaxPods", "Replicas", "Age")
HORIZONTAL_POD_AUTOSCALER: Final = Kind(
    "autoscaling",
    "v2",
    "HorizontalPodAutoscaler",
    "horizontalpodautoscalers",
    ("hpa",),
    categories=("all",),
    subresources=("status",),
    model="V2HorizontalPodAutoscaler",
    first_state=lambda obj: {**obj, "status": {"desiredReplicas": 0, "currentMetrics": None}},
    defaults=autoscaler_defaults,
    validate=autoscaler_problems,
    printer=Printer(_COLUMNS, _row),
)


def _to_v2(obj: JsonObject) -> JsonObject:
    """As it is stored: the one metric of version 1 is one of many, and the rest stands in annotations."""
    spec, status, metadata = (object_at(obj, key) for key in ("spec", "status", "metadata"))
    notes = object_at(metadata, "annotations")
    kept = {key: value for key, value in spec.items() if key != "targetCPUUtilizationPercentage"}
    seen = {key: value for key, value in status.items() if key != "currentCPUUtilizationPercentage"}
    metrics = _noted(notes, "metrics") or []
    share = spec.get("targetCPUUtilizationPercentage")
    if share is not None:
        target = {"type": "Utilization", "averageUtilization": share}
        metrics = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}, *metrics]
    kept |= _without_empty(metrics=metrics, behavior=_noted(notes, "behavior"))
    current, conditions = _noted(notes, "current-metrics"), _noted(notes, "conditions")
    seen |= _without_empty(currentMetrics=current, conditions=conditions)
    rest = {key: value for key, value in notes.items() if not key.startswith(NOTES)}
    metadata = {key: value for key, value in metadata.items() if key != "annotations"}
    found = {**obj, "apiVersion": "autoscaling/v2", "spec": kept, "metadata": metadata}
    if rest:
        metadata["annotations"] = rest
    return {**found, "status": seen} if seen or "status" in obj else found


def _from_v2(obj: JsonObject) -> JsonObject:
    """As version 1 shows it: the use of CPU in its field, all else in annotations."""
    spec, status, metadata = (object_at(obj, key) for key in ("spec", "status", "metadata"))
    kept = {key: value for key, value in spec.items() if key not in ("metrics", "behavior")}
    others = []
    for metric in objects_at(spec, "metrics"):
        resource = object_at(metric, "resource")
        share = object_at(resource, "target").get("averageUtilization")
        if metric.get("type") == "Resource" and resource.get("name") == "cpu" and share is not None:
            kept["targetCPUUtilizationPercentage"] = share
        else:
            others.append(metric)
    held = {
        "metrics": others,
        "behavior": spec.get("behavior"),
        "current-metrics": status.get("currentMetrics"),
        "conditions": status.get("conditions"),
    }
    notes = {
        f"{NOTES}{key}": json.dumps(value, separators=(",", ":")) for key, value in held.items() if value
    }
    if notes:
        metadata = {**metadata, "annotations": {**object_at(metadata, "annotations"), **notes}}
    found = {**obj, "apiVersion": "autoscaling/v1", "spec": kept, "metadata": metadata}
    seen = {key: value for key, value in status.items() if key not in ("currentMetrics", "conditions")}
    counted = {"currentReplicas": 0, "desiredReplicas": 0, **seen}
    return {**found, "status": counted} if "status" in obj else found


def _noted(notes: JsonObject, key: str) -> Any:  # noqa: ANN401 (any JSON)
    """What the annotation says; what is no JSON says nothing."""
    try:
        return json.loads(notes.get(f"{NOTES}{key}") or "null")
    except ValueError:
        return None


def _without_empty(**fields: object) -> JsonObject:
    return {key: value for key, value in fields.items() if value}


HORIZONTAL_POD_AUTOSCALER_V1: Final = Kind(
    "autoscaling",
    "v1",
    "HorizontalPodAutoscaler",
    "horizontalpodautoscalers",
    ("hpa",),
    categories=("all",),
    subresources=("status",),
    model="V1HorizontalPodAutoscaler",
    stored_as=StorageVersion(HORIZONTAL_POD_AUTOSCALER, _to_v2, _from_v2),
    printer=Printer(_COLUMNS, lambda obj, now: _row(_to_v2(obj), now)),
)
