"""From a PUT or patched body and the stored object to the next object: which part a write may touch."""

from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.kind import Kind

_KEPT: Final = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "resourceVersion",
    "name",
    "namespace",
)
_DROPPED: Final = ("managedFields", "selfLink")
_IDENTITY: Final = ("apiVersion", "kind", "metadata")


def updated(kind: Kind, new: JsonObject, old: JsonObject, subresource: str = "") -> JsonObject:
    """The object to store: the written part from `new`, all else from `old`."""
    taken = _written_part(kind, new, old, subresource)
    alone = subresource == "status" and kind.status_alone
    given = object_at(old if alone else new, "metadata").items()
    metadata = {key: value for key, value in given if key not in _DROPPED and value not in ({}, [])}
    kept = object_at(old, "metadata")
    for name in _KEPT:
        if name in kept:
            metadata[name] = kept[name]
        else:
            metadata.pop(name, None)
    return {"apiVersion": kind.group_version, "kind": kind.kind, "metadata": metadata, **taken}


def counted(kind: Kind, new: JsonObject, old: JsonObject, subresource: str = "") -> JsonObject:
    """The object to store, whose generation counts a change of what is wanted.

    To be asked when defaults are filled in: one that was left out is no change.
    """
    counts = kind.has_generation and subresource != "binding"
    if not counts or _wanted(kind, new, subresource) == _wanted(kind, old, subresource):
        return new
    generation = int(old["metadata"].get("generation") or 0) + 1
    return {**new, "metadata": {**new["metadata"], "generation": generation}}


def unchanged(new: JsonObject, old: JsonObject) -> bool:
    """Whether storing `new` would change nothing; empty and absent metadata maps are the same."""
    return _comparable(new) == _comparable(old)


def _comparable(obj: JsonObject) -> JsonObject:
    metadata = {
        name: value for name, value in object_at(obj, "metadata").items() if value not in ({}, [], None)
    }
    return {**obj, "metadata": metadata}


def _written_part(kind: Kind, new: JsonObject, old: JsonObject, subresource: str) -> JsonObject:
    """All fields but identity and metadata, each from the side that this write may take it from."""
    writes_status = subresource in ("status", "binding", "approval") or not kind.has_status
    source_of_status = new if writes_status else old
    source_of_rest = old if subresource in ("status", "approval") else new
    part = {name: value for name, value in source_of_rest.items() if name not in (*_IDENTITY, "status")}
    if "status" in source_of_status:
        part["status"] = source_of_status["status"]
    return kind.prepare_update(part, old, subresource)


def _wanted(kind: Kind, obj: JsonObject, subresource: str) -> JsonObject:
    hidden = (*_IDENTITY, "status") if kind.has_status else _IDENTITY
    wanted = {name: value for name, value in obj.items() if name not in hidden}
    if kind.annotations_count and not subresource:
        wanted["annotations"] = object_at(obj, "metadata").get("annotations") or {}
    return wanted
