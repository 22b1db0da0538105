"""Which webhooks are asked about a write, and in which version of its kind."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mockcloud.kube.admission.attributes import Attributes
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.admissionregistration import GROUP
from mockcloud.kube.resources.core.namespace import NAMESPACE
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.scheme import Scheme
from mockcloud.kube.resources.validation.metadata import selects
from mockcloud.kube.storage.store import Store

EVERY: Final = "*"


@dataclass(frozen=True, slots=True)
class Invocation:
    """One webhook that is asked: `kind` is the version in which it sees the object."""

    configuration: str
    hook: JsonObject
    kind: Kind

    @property
    def name(self) -> str:
        """As refusals name it."""
        return str(self.hook["name"])

    @property
    def identity(self) -> tuple[str, str]:
        """Which webhook of which configuration."""
        return (self.configuration, self.name)


def invocations(configurations: Kind, write: Attributes, store: Store, scheme: Scheme) -> list[Invocation]:
    """All webhooks of the configurations that are asked, by name of configuration."""
    if write.kind.group == GROUP:
        return []  # nobody can be locked out of what would let him in again
    found: list[Invocation] = []
    for stored in store.objects(configurations.storage):
        for hook in objects_at(stored.object, "webhooks"):
            kind = _matched_kind(hook, write, scheme)
            if kind is not None and _selected(hook, write, store):
                found.append(Invocation(stored.object["metadata"]["name"], hook, kind))
    return found


def _matched_kind(hook: JsonObject, write: Attributes, scheme: Scheme) -> Kind | None:
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


def _selected(hook: JsonObject, write: Attributes, store: Store) -> bool:
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
