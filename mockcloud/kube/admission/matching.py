"""Which writes rules and selectors are for: of webhooks, and of policies."""

from collections.abc import Iterable
from typing import Final

from mockcloud.kube.admission.attributes import Attributes
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.core.namespace import NAMESPACE
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.scheme import Scheme
from mockcloud.kube.resources.validation.metadata import selects
from mockcloud.kube.storage.store import Store

EVERY: Final = "*"


def criteria_kind(criteria: JsonObject, write: Attributes, store: Store, scheme: Scheme) -> Kind | None:
    """The version of its kind in which a policy sees the write, None where it is not for it."""
    if not selected(criteria, write, store):
        return None
    excluded, rules = (objects_at(criteria, name) for name in ("excludeResourceRules", "resourceRules"))
    if excluded and matched_kind({**criteria, "rules": excluded}, write, scheme) is not None:
        return None
    return matched_kind({**criteria, "rules": rules}, write, scheme) if rules else write.kind


def matched_kind(hook: JsonObject, write: Attributes, scheme: Scheme) -> Kind | None:
    """The version of its kind for which one of the rules is; None where none is."""
    kinds = [write.kind]
    if hook.get("matchPolicy") != "Exact":
        kinds += [each for each in scheme if each.storage == write.kind.storage and each != write.kind]
    rules = objects_at(hook, "rules")
    return next((kind for kind in kinds if any(_matches(rule, kind, write) for rule in rules)), None)


def _matches(rule: JsonObject, kind: Kind, write: Attributes) -> bool:
    scope = rule.get("scope") or EVERY
    # A namespace is of no namespace, but the rule for namespaced kinds is not for it either.
    in_scope = scope == EVERY or (scope == "Namespaced") == kind.namespaced
    return (
        in_scope
        and (not rule.get("resourceNames") or write.name in rule["resourceNames"])
        and _has(rule.get("operations") or (), write.operation.value)
        and _has(rule.get("apiGroups") or (), kind.group)
        and _has(rule.get("apiVersions") or (), kind.version)
        and any(_names(each, kind, write.subresource) for each in rule.get("resources") or ())
    )


def _has(values: Iterable[str], value: str) -> bool:
    return any(each in (EVERY, value) for each in values)


def _names(pattern: str, kind: Kind, subresource: str) -> bool:
    resource, _, part = pattern.partition("/")
    return resource in (EVERY, kind.plural) and part in (subresource, EVERY)


def selected(hook: JsonObject, write: Attributes, store: Store) -> bool:
    """Whether its selectors take the write."""
    return _namespace_selected(object_at(hook, "namespaceSelector"), write, store) and _object_selected(
        object_at(hook, "objectSelector"), write
    )


def _namespace_selected(selector: JsonObject, write: Attributes, store: Store) -> bool:
    if not selector:
        return True
    if write.kind is NAMESPACE:
        return selects(selector, _labels(write.object or write.old or {}))
    if not write.namespace:
        return True
    namespace = store.get(NAMESPACE.storage, ("", write.namespace))
    return namespace is not None and selects(selector, _labels(namespace.object))


def _object_selected(selector: JsonObject, write: Attributes) -> bool:
    """By the labels that it has, or had."""
    return not selector or any(selects(selector, _labels(each)) for each in (write.object, write.old) if each)


def _labels(obj: JsonObject) -> dict[str, str]:
    return object_at(object_at(obj, "metadata"), "labels")
