"""From a POSTed body to the stored object: what the server sets, and what it takes from no client."""

from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.kind import Kind

_SERVER_SET: Final = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "managedFields",
    "selfLink",
)


def prepared(kind: Kind, body: JsonObject, namespace: str, name: str) -> JsonObject:
    """The body under its name, without what only the server may set."""
    given = object_at(body, "metadata").items()
    metadata = {name: value for name, value in given if name not in _SERVER_SET and value not in ({}, [])}
    # In this order: lists cut the first two off the stored text.
    obj = {"apiVersion": kind.group_version, "kind": kind.kind, **body, "metadata": metadata}
    obj |= {"apiVersion": kind.group_version, "kind": kind.kind}
    if name:
        metadata["name"] = name
    if kind.namespaced:
        metadata["namespace"] = namespace
    if kind.has_generation and kind.first_generation:
        metadata["generation"] = kind.first_generation
    return obj


def begun(kind: Kind, obj: JsonObject) -> JsonObject:
    """The object in the state that its kind begins with."""
    if kind.first_state is not None:
        return kind.first_state(obj)
    # Status may have defaults, too.
    return kind.defaults({**obj, "status": {}}) if kind.has_status else obj


def born(kind: Kind, obj: JsonObject, uid: str, now: str) -> JsonObject:
    """The object with its identity, and what its kind makes of that."""
    metadata = {**obj["metadata"], "uid": uid, "creationTimestamp": now}
    return kind.identified({**obj, "metadata": metadata})
