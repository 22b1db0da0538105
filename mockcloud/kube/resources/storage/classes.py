"""StorageClasses: who makes volumes, and how."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, duplicate, forbidden, not_supported, required, too_long
from mockcloud.kube.json_types import JsonObject, filled, object_at, objects_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import Cell, Printer, age, name_of, texts
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes
from mockcloud.kube.resources.validation.metadata import immutable

DEFAULT: Final = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)
RECLAIM_POLICIES: Final = ("Delete", "Retain")
BINDING_MODES: Final = ("Immediate", "WaitForFirstConsumer")
MOST_PARAMETERS: Final = 512
PARAMETERS_LIMIT: Final = 256 * 1024


def storage_class_defaults(obj: JsonObject) -> JsonObject:
    """Volumes go with their claims, and are there before a pod wants them."""
    return filled(obj, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def storage_class_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """Who makes volumes, and how; what they were made by stays true."""
    if old is not None:
        yield from _changes(new, old)
        return
    provisioner = new.get("provisioner") or ""
    if not provisioner:
        yield required("provisioner")
    else:
        yield from causes("provisioner", provisioner.lower(), formats.qualified_name(provisioner.lower()))
    parameters = object_at(new, "parameters")
    if len(parameters) > MOST_PARAMETERS:
        yield too_long("parameters", MOST_PARAMETERS)
    if sum(len(key) + len(value or "") for key, value in parameters.items()) > PARAMETERS_LIMIT:
        yield too_long("parameters", PARAMETERS_LIMIT)
    for key, allowed in (("reclaimPolicy", RECLAIM_POLICIES), ("volumeBindingMode", BINDING_MODES)):
        if new.get(key) not in allowed:
            yield not_supported(key, new.get(key) or "", allowed)
    yield from _topologies("allowedTopologies", objects_at(new, "allowedTopologies"))


def _topologies(at: str, terms: list[JsonObject]) -> Iterator[Cause]:
    """Places for volumes: each key once in a term, and no term twice."""
    seen: list[dict[str, set[str]]] = [{} for _ in terms]  # an empty term is a repetition, as upstream has it
    for number, term in enumerate(terms):
        places: dict[str, set[str]] = {}
        for index, each in enumerate(objects_at(term, "matchLabelExpressions")):
            place = f"{at}[{number}].matchLabelExpressions[{index}]"
            key, values = str(each.get("key") or ""), each.get("values") or []
            if not values:
                yield required(f"{place}.values")
            for position, value in enumerate(values):
                if value in values[:position]:
                    yield duplicate(f"{place}.values[{position}]", value)
            yield from causes(f"{place}.key", key, formats.qualified_name(key))
            if key in places:
                yield duplicate(f"{place}.key", key)
            places[key] = set(values)
        yield from (duplicate(f"{at}[{number}].matchLabelExpressions", "") for one in seen if one == places)
        seen.append(places)


def _changes(new: JsonObject, old: JsonObject) -> Iterator[Cause]:
    for key in ("parameters", "provisioner", "reclaimPolicy"):
        if (new.get(key) or None) != (old.get(key) or None):
            yield forbidden(key, f"updates to {key} are forbidden.")
    yield from immutable("volumeBindingMode", new.get("volumeBindingMode"), old.get("volumeBindingMode"))


def is_default(storage_class: JsonObject) -> bool:
    """Whether claims get it that name none."""
    notes = object_at(object_at(storage_class, "metadata"), "annotations")
    return any(notes.get(key) == "true" for key in DEFAULT)


def _row(storage_class: JsonObject, now: float) -> list[Cell]:
    name = name_of(storage_class)
    return [
        f"{name} (default)" if is_default(storage_class) else name,
        str(storage_class.get("provisioner") or ""),
        str(storage_class.get("reclaimPolicy") or RECLAIM_POLICIES[0]),
        str(storage_class.get("volumeBindingMode") or BINDING_MODES[0]),
        bool(storage_class.get("allowVolumeExpansion")),
        age(storage_class, now),
    ]


STORAGE_CLASS: Final = Kind(
    "storage.k8s.io",
    "v1",
    "StorageClass",
    "storageclasses",
    ("sc",),
    namespaced=False,
    model="V1StorageClass",
    returns_deleted=True,
    defaults=storage_class_defaults,
    validate=storage_class_problems,
    printer=Printer(
        texts("Name", "Provisioner", "ReclaimPolicy", "VolumeBindingMode", "AllowVolumeExpansion", "Age"),
        _row,
    ),
)
