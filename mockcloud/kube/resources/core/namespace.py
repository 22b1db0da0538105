"""Namespaces: they end when their finalizer finds them empty."""

from typing import Final

from mockcloud.kube.json_types import JsonObject, filled, object_at
from mockcloud.kube.resources.kind import ALL_VERBS, Deletion, Kind, field_labels
from mockcloud.kube.resources.printing import Cell, Printer, age, name_of, texts
from mockcloud.kube.resources.validation import formats


def namespace_defaults(obj: JsonObject) -> JsonObject:
    """Every namespace carries its own name as a label, so that selectors can name it."""
    metadata = object_at(obj, "metadata")
    obj = {**obj, "status": filled(object_at(obj, "status"), phase="Active")}
    if not metadata.get("name"):
        return obj
    labels = {**(metadata.get("labels") or {}), "kubernetes.io/metadata.name": metadata["name"]}
    return {**obj, "metadata": {**metadata, "labels": labels}}


def _first_state(obj: JsonObject) -> JsonObject:
    spec = {**object_at(obj, "spec"), "finalizers": ["kubernetes"]}
    return {**obj, "spec": spec, "status": {"phase": "Active"}}


def _prepare_update(part: JsonObject, old: JsonObject, subresource: str) -> JsonObject:
    """spec.finalizers change by the subresource `finalize` only."""
    finalizers = object_at(part if subresource == "finalize" else old, "spec").get("finalizers")
    return {**part, "spec": {**object_at(part, "spec"), "finalizers": finalizers or []}}


def _is_held(obj: JsonObject) -> bool:
    return bool(object_at(obj, "spec").get("finalizers"))


def _marked(obj: JsonObject) -> JsonObject:
    metadata = {key: value for key, value in obj["metadata"].items() if key != "deletionGracePeriodSeconds"}
    return {**obj, "metadata": metadata, "status": {**object_at(obj, "status"), "phase": "Terminating"}}


def _row(namespace: JsonObject, now: float) -> list[Cell]:
    return [
        name_of(namespace),
        str(object_at(namespace, "status").get("phase") or ""),
        age(namespace, now),
    ]


NAMESPACE: Final = Kind(
    "",
    "v1",
    "Namespace",
    "namespaces",
    ("ns",),
    namespaced=False,
    subresources=("finalize", "status"),
    verbs=tuple(verb for verb in ALL_VERBS if verb != "deletecollection"),
    field_labels=field_labels("status.phase"),
    model="V1Namespace",
    names=formats.dns_1123_label,
    defaults=namespace_defaults,
    first_state=_first_state,
    prepare_update=_prepare_update,
    deletion=Deletion(is_held=_is_held, marked=_marked),
    printer=Printer(texts("Name", "Status", "Age"), _row),
)
