"""The kinds of the group node.k8s.io: RuntimeClasses."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import Cell, Printer, age, name_of, texts
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes
from mockcloud.kube.resources.validation.metadata import immutable, labels


def runtime_class_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """What runs its pods never changes."""
    handler = str(new.get("handler") or "")
    if old is not None:
        yield from immutable("handler", handler, old.get("handler"))
        return
    yield from causes("handler", handler, formats.dns_1123_label(handler))
    yield from labels("scheduling.nodeSelector", object_at(object_at(new, "scheduling"), "nodeSelector"))


def _row(runtime: JsonObject, now: float) -> list[Cell]:
    return [name_of(runtime), str(runtime.get("handler") or ""), age(runtime, now)]


RUNTIME_CLASS: Final = Kind(
    "node.k8s.io",
    "v1",
    "RuntimeClass",
    "runtimeclasses",
    namespaced=False,
    model="V1RuntimeClass",
    validate=runtime_class_problems,
    printer=Printer(texts("Name", "Handler", "Age"), _row),
)
