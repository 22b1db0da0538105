"""ControllerRevisions: what StatefulSets remember of their templates."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, required
from mockcloud.kube.json_types import JsonObject, objects_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import NONE, Cell, Printer, age, name_of, texts
from mockcloud.kube.resources.validation.metadata import immutable
from mockcloud.kube.resources.validation.numbers import not_negative


def controller_revision_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """A revision never changes what it holds, only its number."""
    yield from not_negative("revision", new.get("revision"))
    if old is None:
        if new.get("data") is None:
            yield required("data", "data is mandatory")
    else:
        yield from immutable("data", new.get("data"), old.get("data"))


def _row(revision: JsonObject, now: float) -> list[Cell]:
    owners = [each for each in objects_at(revision["metadata"], "ownerReferences") if each.get("controller")]
    owner = _qualified(owners[0]) if owners else NONE
    return [name_of(revision), owner, str(revision.get("revision") or 0), age(revision, now)]


def _qualified(owner: JsonObject) -> str:
    """`statefulset.apps/web`, as kubectl names objects of any kind."""
    group = str(owner["apiVersion"]).rpartition("/")[0]
    kind = str(owner["kind"]).lower()
    return f"{kind}.{group}/{owner['name']}" if group else f"{kind}/{owner['name']}"


CONTROLLER_REVISION: Final = Kind(
    "apps",
    "v1",
    "ControllerRevision",
    "controllerrevisions",
    model="V1ControllerRevision",
    validate=controller_revision_problems,
    printer=Printer(texts("Name", "Controller", "Revision", "Age"), _row),
)
