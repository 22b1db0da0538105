"""The kinds of the group storage.k8s.io: StorageClasses."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, forbidden, not_supported, required, too_long
from mockcloud.kube.json_types import JsonObject, filled, object_at
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


def _changes(new: JsonObject, old: JsonObject) -> Iterator[Cause]:
    for key in ("parameters", "provisioner", "reclaimPolicy"):
        if (new.get(key) or None) != (old.get(key) or None):
            yield forbidden(key, f"updates to {key} are forbidden.")
    yield from immutable("volumeBindingMode", new.get("volumeBindingMode"), old.get("volumeBindingMode"))


def _row(storage_class: JsonObject, now: float) -> list[Cell]:
    notes = object_at(object_at(storage_class, "metadata"), "annotations")
    marked = any(notes.get(key) == "true" for key in DEFAULT)
    return [
        f"{name_of(storage_class)} (default)" if marked else name_of(storage_class),
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
