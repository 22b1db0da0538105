"""ReplicationControllers: what ReplicaSets came from."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, required
from mockcloud.kube.json_types import JsonObject, filled, object_at
from mockcloud.kube.resources.kind import Deletion, Kind, field_labels
from mockcloud.kube.resources.pods.templates import (
    TEMPLATE_COLUMNS,
    container_cells,
    count,
    template_problems,
    with_template_defaults,
)
from mockcloud.kube.resources.printing import Cell, Printer, age, integers, label_text, name_of, texts
from mockcloud.kube.resources.validation.numbers import not_negative


def replication_controller_defaults(obj: JsonObject) -> JsonObject:
    """One pod; what is selected, and the controller's own labels, are the template's."""
    spec = filled(object_at(obj, "spec"), replicas=1)
    labels = object_at(object_at(object_at(spec, "template"), "metadata"), "labels")
    metadata = object_at(obj, "metadata")
    if labels and not spec.get("selector"):
        spec["selector"] = labels
    if labels and not metadata.get("labels"):
        metadata = {**metadata, "labels": labels}
    spec = with_template_defaults(spec) if spec.get("template") is not None else spec
    return {**obj, "metadata": metadata, "spec": spec}


def replication_controller_problems(new: JsonObject, _old: JsonObject | None) -> Iterator[Cause]:
    """A selector that matches the template; unlike others', it may change."""
    spec = object_at(new, "spec")
    selector, template = object_at(spec, "selector"), spec.get("template")
    yield from not_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    if not selector:
        yield required("spec.selector")
    yield from not_negative("spec.replicas", spec.get("replicas"))
    if template is None:
        yield required("spec.template")
    else:
        yield from template_problems(
            "spec.template", template, {"matchLabels": selector}, "ReplicationController"
        )


def _first_state(obj: JsonObject) -> JsonObject:
    return {**obj, "status": {"replicas": 0}}


def _row(controller: JsonObject, now: float) -> list[Cell]:
    spec, status = object_at(controller, "spec"), object_at(controller, "status")
    return [
        name_of(controller),
        int(spec.get("replicas", 1)),
        count(status, "replicas"),
        count(status, "readyReplicas"),
        age(controller, now),
        *container_cells(object_at(spec, "template")),
        label_text(object_at(spec, "selector")),
    ]


REPLICATION_CONTROLLER: Final = Kind(
    "",
    "v1",
    "ReplicationController",
    "replicationcontrollers",
    ("rc",),
    categories=("all",),
    subresources=("scale", "status"),
    field_labels=field_labels("status.replicas=0"),
    model="V1ReplicationController",
    has_generation=True,
    defaults=replication_controller_defaults,
    validate=replication_controller_problems,
    first_state=_first_state,
    deletion=Deletion(orphans=True),
    printer=Printer(
        (*texts("Name"), *integers("Desired", "Current", "Ready"), *texts("Age"), *TEMPLATE_COLUMNS), _row
    ),
)
