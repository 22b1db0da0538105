"""Which names a CustomResourceDefinition gets, and its conditions (apiextensions' naming controller)."""

from collections.abc import Iterable
from typing import Any, Final

from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.apiextensions.specs import is_true

FINALIZER: Final = "customresourcecleanup.apiextensions.k8s.io"
# What is asked for, and the reason of a conflict.
_RESOURCES: Final = {"plural": "PluralConflict", "singular": "SingularConflict"}
_KINDS: Final = {"kind": "KindConflict", "listKind": "ListKindConflict"}


def with_condition(status: JsonObject, condition: JsonObject, now: str) -> JsonObject:
    """The status with the condition in place of the one of its type; its time is that of its last change."""
    conditions = objects_at(status, "conditions")
    old = next((each for each in conditions if each.get("type") == condition["type"]), None)
    if old is None:
        return {**status, "conditions": [*conditions, _at(condition, now)]}
    since = old.get("lastTransitionTime") if old.get("status") == condition["status"] else now
    new = _at(condition, since or now)
    return {**status, "conditions": [new if each is old else each for each in conditions]}


def _at(condition: JsonObject, since: str) -> JsonObject:
    return {
        "lastTransitionTime": since,
        "message": condition["message"],
        "reason": condition["reason"],
        "status": condition["status"],
        "type": condition["type"],
    }


def _condition(type_: str, status: str, reason: str, message: str) -> JsonObject:
    return {"type": type_, "status": status, "reason": reason, "message": message}


def named(definition: JsonObject, others: Iterable[JsonObject], now: str) -> JsonObject:
    """The status with the names that are free; `others` are the other definitions of its group."""
    spec, status = object_at(definition, "spec"), object_at(definition, "status")
    asked, had = object_at(spec, "names"), object_at(status, "acceptedNames")
    accepted = [object_at(object_at(each, "status"), "acceptedNames") for each in others]
    resources = {each.get(word) for each in accepted for word in _RESOURCES}
    resources |= {name for each in accepted for name in each.get("shortNames") or ()}
    kinds = {each.get(word) for each in accepted for word in _KINDS}
    found, refused = {**had}, _condition("NamesAccepted", "True", "NoConflicts", "no conflicts found")
    taken = [name for name in asked.get("shortNames") or () if name in resources]
    if taken:
        message = _aggregate([f'"{name}" is already in use' for name in taken])
        refused = _condition("NamesAccepted", "False", "ShortNamesConflict", message)
    else:
        _take(found, "shortNames", asked.get("shortNames"))
    for words, used in ((_RESOURCES, resources), (_KINDS, kinds)):
        for word, reason in words.items():
            if asked.get(word) != had.get(word) and asked.get(word) in used:
                message = f'"{asked[word]}" is already in use'
                refused = _condition("NamesAccepted", "False", reason, message)
            else:
                found[word] = asked.get(word) or ""
    _take(found, "categories", asked.get("categories"))
    ordered = {word: found[word] for word in sorted(found)}
    return with_condition({**status, "acceptedNames": ordered}, refused, now)


def established(definition: JsonObject, now: str) -> JsonObject:
    """The status of one whose names may be free: established from then on, for good."""
    status = object_at(definition, "status")
    if is_true(definition, "Established"):
        return status
    if is_true(definition, "NamesAccepted"):
        message = "the initial names have been accepted"
        return with_condition(status, _condition("Established", "True", "InitialNamesAccepted", message), now)
    message = "not all names are accepted"
    return with_condition(status, _condition("Established", "False", "NotAccepted", message), now)


def ending(definition: JsonObject) -> JsonObject:
    """One that a DELETE has marked: it stays until its objects are gone."""
    metadata, status = object_at(definition, "metadata"), object_at(definition, "status")
    finalizers = metadata.get("finalizers") or []
    if FINALIZER not in finalizers:
        finalizers = [*finalizers, FINALIZER]
        # As upstream, which marks these otherwise than other kinds.
        metadata = {**metadata, "generation": metadata["generation"] - 1}
        del metadata["deletionGracePeriodSeconds"]
    message = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon"
    condition = _condition("Terminating", "True", "InstanceDeletionPending", message)
    status = with_condition(status, condition, metadata["deletionTimestamp"])
    return {**definition, "metadata": {**metadata, "finalizers": finalizers}, "status": status}


def emptying(status: JsonObject, now: str) -> JsonObject:
    """The status while its objects are deleted."""
    message = "CustomResource deletion is in progress"
    return with_condition(
        status, _condition("Terminating", "True", "InstanceDeletionInProgress", message), now
    )


def _aggregate(messages: list[str]) -> str:
    return messages[0] if len(messages) == 1 else f"[{', '.join(messages)}]"


def _take(found: JsonObject, word: str, value: Any) -> None:  # noqa: ANN401 (any JSON)
    if value:
        found[word] = value
    else:
        found.pop(word, None)
