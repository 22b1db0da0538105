"""Scopes of quotas: which pods (and claims) one is about."""

from dataclasses import dataclass
from typing import Any, Final

Object = dict[str, Any]
COMPUTE: Final = ("cpu", "memory")


@dataclass(frozen=True, slots=True)
class Scope:
    """One condition."""

    name: str
    operator: str = "Exists"
    values: tuple[str, ...] = ()


def scopes_of(quota: Object) -> tuple[Scope, ...]:
    """Those of a ResourceQuota, however they are written."""
    spec = quota.get("spec") or {}
    selector = (spec.get("scopeSelector") or {}).get("matchExpressions") or ()
    stated = [
        Scope(each["scopeName"], each["operator"], tuple(each.get("values") or ())) for each in selector
    ]
    return (*(Scope(name) for name in spec.get("scopes") or ()), *stated)


def in_scope(scopes: tuple[Scope, ...], resource: str, obj: Object) -> bool:
    """Whether every condition holds; they are of pods, but for one that is of claims."""
    if resource == "persistentvolumeclaims":
        return all(_claim_holds(each, obj) for each in scopes)
    return not scopes or (resource == "pods" and all(_holds(each, obj) for each in scopes))


def _holds(scope: Scope, pod: Object) -> bool:
    spec = pod.get("spec") or {}
    match scope.name:
        case "Terminating" | "NotTerminating":
            return (spec.get("activeDeadlineSeconds") is not None) == (scope.name == "Terminating")
        case "BestEffort" | "NotBestEffort":
            return _is_best_effort(spec) == (scope.name == "BestEffort")
        case "PriorityClass":
            return _selected(scope, spec.get("priorityClassName") or "")
        case "CrossNamespacePodAffinity":
            return _looks_elsewhere(spec.get("affinity") or {})
    return False


def _selected(scope: Scope, value: str) -> bool:
    match scope.operator:
        case "In":
            return value in scope.values
        case "NotIn":
            return value not in scope.values
        case "DoesNotExist":
            return not value
    return bool(value)


def _claim_holds(scope: Scope, claim: Object) -> bool:
    name = (claim.get("spec") or {}).get("volumeAttributesClassName") or ""
    return scope.name == "VolumeAttributesClass" and _selected(scope, name)


def _is_best_effort(spec: Object) -> bool:
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    stated = (
        (each.get("resources") or {}).get(kind) or {}
        for each in containers
        for kind in ("requests", "limits")
    )
    return not any(name in COMPUTE for amounts in stated for name in amounts)


def _looks_elsewhere(affinity: Object) -> bool:
    """Whether a term of pod affinity names other namespaces."""
    for kind in ("podAffinity", "podAntiAffinity"):
        rules = affinity.get(kind) or {}
        terms = [*(rules.get("requiredDuringSchedulingIgnoredDuringExecution") or ())]
        preferred = rules.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
        terms += [each["podAffinityTerm"] for each in preferred]
        if any(term.get("namespaces") or term.get("namespaceSelector") is not None for term in terms):
            return True
    return False
