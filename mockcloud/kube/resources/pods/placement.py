"""Rules for where a pod may run: tolerations, affinity, topology spread, scheduling gates."""

from collections.abc import Iterator, Sequence
from typing import Final

from mockcloud.kube.field_errors import Cause, duplicate, forbidden, invalid, not_supported, required
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes
from mockcloud.kube.resources.validation.metadata import label_selector

TAINT_EFFECTS: Final = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED: Final = "preferredDuringSchedulingIgnoredDuringExecution"
_DO_NOT_SCHEDULE: Final = "DoNotSchedule"
_ONLY_EXISTS: Final = (
    'operator must be Exists when `key` is empty, which means "match all values and all keys"'
)
_ONE_FIELD: Final = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
_HONOR: Final = ("Honor", "Ignore")


def placement_problems(at: str, spec: JsonObject) -> Iterator[Cause]:
    """What is wrong with affinity, gates and spread, in upstream's order; tolerations come later there."""
    yield from _node_affinity(
        f"{at}.affinity.nodeAffinity", object_at(object_at(spec, "affinity"), "nodeAffinity")
    )
    for key in ("podAffinity", "podAntiAffinity"):
        yield from _pod_affinity(f"{at}.affinity.{key}", object_at(object_at(spec, "affinity"), key))


def gate_problems(at: str, spec: JsonObject) -> Iterator[Cause]:
    """Each gate has a name of its own."""
    seen: set[str] = set()
    for index, gate in enumerate(objects_at(spec, "schedulingGates")):
        name = str(gate.get("name") or "")
        yield from causes(f"{at}.schedulingGates[{index}]", name, formats.qualified_name(name))
        if name in seen:
            yield duplicate(f"{at}.schedulingGates[{index}]", name)
        seen.add(name)


def toleration_problems(at: str, tolerations: Sequence[JsonObject]) -> Iterator[Cause]:
    """What is wrong with tolerations."""
    for index, each in enumerate(tolerations):
        path, operator, effect = f"{at}[{index}]", each.get("operator") or "", each.get("effect") or ""
        key = each.get("key") or ""
        if key:
            yield from causes(f"{path}.key", key, formats.qualified_name(key))
        elif operator != "Exists":
            yield invalid(f"{path}.operator", operator, _ONLY_EXISTS)
        if each.get("tolerationSeconds") is not None and effect != "NoExecute":
            why = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            yield invalid(f"{path}.effect", effect, why)
        yield from _tolerated(f"{path}.operator", operator, each.get("value") or "")
        if effect and effect not in TAINT_EFFECTS:
            yield not_supported(f"{path}.effect", effect, TAINT_EFFECTS)


def _tolerated(at: str, operator: str, value: str) -> Iterator[Cause]:
    if operator in ("", "Equal"):
        yield from causes(at, value, formats.label_value(value))
    elif operator != "Exists":
        yield not_supported(at, operator, ("Equal", "Exists"))
    elif value:
        yield invalid(at, value, "value must be empty when `operator` is 'Exists'")


def spread_problems(at: str, constraints: Sequence[JsonObject]) -> Iterator[Cause]:
    """What is wrong with topology spread constraints."""
    for index, each in enumerate(constraints):
        path, key = f"{at}[{index}]", each.get("topologyKey") or ""
        action = each.get("whenUnsatisfiable") or ""
        if (each.get("maxSkew") or 0) <= 0:
            yield invalid(f"{path}.maxSkew", each.get("maxSkew") or 0, "must be greater than zero")
        if not key:
            yield required(f"{path}.topologyKey", "can not be empty")
        if action not in (_DO_NOT_SCHEDULE, "ScheduleAnyway"):
            yield not_supported(f"{path}.whenUnsatisfiable", action, (_DO_NOT_SCHEDULE, "ScheduleAnyway"))
        later = [(one.get("topologyKey"), one.get("whenUnsatisfiable")) for one in constraints[index + 1 :]]
        if (key, action) in later:
            yield duplicate(f"{path}.{{topologyKey, whenUnsatisfiable}}", f"{{{key}, {action}}}")
        yield from _spread_details(path, each, action)


def _spread_details(at: str, each: JsonObject, action: str) -> Iterator[Cause]:
    least = each.get("minDomains")
    if least is not None and least <= 0:
        yield invalid(f"{at}.minDomains", least, "must be greater than zero")
    if least is not None and action != _DO_NOT_SCHEDULE:
        why = f"can only use minDomains if whenUnsatisfiable={_DO_NOT_SCHEDULE}, not {action}"
        yield invalid(f"{at}.minDomains", least, why)
    for key in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
        if each.get(key) is not None and each[key] not in _HONOR:
            yield not_supported(f"{at}.{key}", each[key], _HONOR)
    yield from label_selector(f"{at}.labelSelector", object_at(each, "labelSelector"))


def _node_affinity(at: str, affinity: JsonObject) -> Iterator[Cause]:
    if affinity.get(_REQUIRED) is not None:
        terms = objects_at(object_at(affinity, _REQUIRED), "nodeSelectorTerms")
        if not terms:
            yield required(f"{at}.{_REQUIRED}.nodeSelectorTerms", "must have at least one node selector term")
        for index, term in enumerate(terms):
            yield from _node_term(f"{at}.{_REQUIRED}.nodeSelectorTerms[{index}]", term)
    for index, each in enumerate(objects_at(affinity, _PREFERRED)):
        yield from _weight(f"{at}.{_PREFERRED}[{index}]", each)
        yield from _node_term(f"{at}.{_PREFERRED}[{index}].preference", object_at(each, "preference"))


def _node_term(at: str, term: JsonObject) -> Iterator[Cause]:
    for index, each in enumerate(objects_at(term, "matchExpressions")):
        path, key, values = f"{at}.matchExpressions[{index}]", each.get("key") or "", each.get("values") or []
        yield from _operator(path, each.get("operator") or "", values)
        yield from causes(f"{path}.key", key, formats.qualified_name(key))
        for place, value in enumerate(values):
            yield from causes(f"{path}.values[{place}]", value, formats.label_value(value))
    for index, each in enumerate(objects_at(term, "matchFields")):
        path, values = f"{at}.matchFields[{index}]", each.get("values") or []
        if each.get("operator") not in ("In", "NotIn"):
            yield invalid(f"{path}.operator", each.get("operator") or "", "not a valid selector operator")
        elif len(values) != 1:
            yield required(f"{path}.values", _ONE_FIELD)
        if each.get("key") != "metadata.name":
            yield invalid(f"{path}.key", each.get("key") or "", "not a valid field selector key")


def _operator(at: str, operator: str, values: Sequence[str]) -> Iterator[Cause]:
    match operator:
        case "In" | "NotIn":
            if not values:
                yield required(f"{at}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        case "Exists" | "DoesNotExist":
            if values:
                why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                yield forbidden(f"{at}.values", why)
        case "Gt" | "Lt":
            if len(values) != 1:
                why = "must be specified single value when `operator` is 'Lt' or 'Gt'"
                yield required(f"{at}.values", why)
        case _:
            yield invalid(f"{at}.operator", operator, "not a valid selector operator")


def _pod_affinity(at: str, affinity: JsonObject) -> Iterator[Cause]:
    for index, term in enumerate(objects_at(affinity, _REQUIRED)):
        yield from _pod_term(f"{at}.{_REQUIRED}[{index}]", term)
    for index, each in enumerate(objects_at(affinity, _PREFERRED)):
        yield from _weight(f"{at}.{_PREFERRED}[{index}]", each)
        term = object_at(each, "podAffinityTerm")
        yield from _pod_term(f"{at}.{_PREFERRED}[{index}].podAffinityTerm", term)


def _pod_term(at: str, term: JsonObject) -> Iterator[Cause]:
    for key in ("labelSelector", "namespaceSelector"):
        yield from label_selector(f"{at}.{key}", object_at(term, key))
    for namespace in term.get("namespaces") or []:
        yield from causes(f"{at}.namespace", namespace, formats.dns_1123_label(namespace))
    key = term.get("topologyKey") or ""
    if not key:
        yield required(f"{at}.topologyKey", "can not be empty")
    yield from causes(f"{at}.topologyKey", key, formats.qualified_name(key))


def _weight(at: str, each: JsonObject) -> Iterator[Cause]:
    weight = each.get("weight") or 0
    if not 1 <= weight <= 100:
        yield invalid(f"{at}.weight", weight, "must be in the range 1-100")
