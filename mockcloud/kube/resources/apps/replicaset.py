"""ReplicaSets."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause
from mockcloud.kube.json_types import JsonObject, filled, object_at
from mockcloud.kube.resources.kind import Kind, field_labels
from mockcloud.kube.resources.pods.templates import (
    TEMPLATE_COLUMNS,
    count,
    same_selector,
    selector_and_template,
    template_cells,
    with_template_defaults,
)
from mockcloud.kube.resources.printing import Cell, Printer, age, integers, name_of, texts
from mockcloud.kube.resources.validation.numbers import not_negative


def replica_set_defaults(obj: JsonObject) -> JsonObject:
    """One pod."""
    return {**obj, "spec": with_template_defaults(filled(object_at(obj, "spec"), replicas=1))}


def replica_set_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """The selector matches the template and never changes."""
    spec = object_at(new, "spec")
    for key in ("replicas", "minReadySeconds"):
        yield from not_negative(f"spec.{key}", spec.get(key))
    yield from selector_and_template(spec, "deployment")  # spelled so upstream
    yield from same_selector(spec, old)


def _row(replica_set: JsonObject, now: float) -> list[Cell]:
    status = object_at(replica_set, "status")
    return [
        name_of(replica_set),
        int(object_at(replica_set, "spec").get("replicas", 1)),
        count(status, "replicas"),
        count(status, "readyReplicas"),
        age(replica_set, now),
        *template_cells(replica_set),
    ]


REPLICA_SET: Final = Kind(
    "apps",
    "v1",
    "ReplicaSet",
    "replicasets",
    ("rs",),
    categories=("all",),
    subresources=("scale", "status"),
    field_labels=field_labels("status.replicas=0"),
    model="V1ReplicaSet",
    has_generation=True,
    defaults=replica_set_defaults,
    validate=replica_set_problems,
    printer=Printer(
        (*texts("Name"), *integers("Desired", "Current", "Ready"), *texts("Age"), *TEMPLATE_COLUMNS), _row
    ),
)
