"""PodTemplates: templates of pods that stand by themselves."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.pods.templates import container_cells, pods_of, with_template_defaults
from mockcloud.kube.resources.printing import Cell, Printer, label_text, name_of, texts


def pod_template_problems(new: JsonObject, _old: JsonObject | None) -> Iterator[Cause]:
    """Those of its pods."""
    yield from pods_of("template", object_at(new, "template"))


def _row(template: JsonObject, _now: float) -> list[Cell]:
    pods = object_at(template, "template")
    labels = object_at(object_at(pods, "metadata"), "labels")
    return [name_of(template), *container_cells(pods), label_text(labels)]


POD_TEMPLATE: Final = Kind(
    "",
    "v1",
    "PodTemplate",
    "podtemplates",
    model="V1PodTemplate",
    returns_deleted=True,
    has_generation=True,
    defaults=with_template_defaults,
    validate=pod_template_problems,
    printer=Printer(texts("Name", "Containers", "Images", "Pod Labels"), _row),
)
