"""PersistentVolumeClaims, as objects and as templates of a StatefulSet."""

from collections.abc import Iterable, Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, forbidden, invalid, not_supported, required
from mockcloud.kube.json_types import JsonObject, filled, object_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import Cell, Printer, age, name_of, texts, wide
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes
from mockcloud.kube.resources.validation.metadata import immutable, label_selector
from mockcloud.kube.resources.validation.volumes import VOLUME_MODES, access_modes

FIXED: Final = (
    "spec is immutable after creation except resources.requests and"
    " volumeAttributesClassName for bound claims"
)
UNSET: Final = "<unset>"
_OPEN: Final = {"volumeName": (None, ""), "storageClassName": (None,)}
"""What may be given once, where it is this."""
_ACCESS: Final = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


def claim_defaults(obj: JsonObject) -> JsonObject:
    """A claim is of files, and pending."""
    spec = filled(object_at(obj, "spec"), volumeMode="Filesystem")
    return {**obj, "spec": spec, "status": filled(object_at(obj, "status"), phase="Pending")}


def claim_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """What a claim asks for; once made it may only be given its volume and, when bound, grow."""
    spec = object_at(new, "spec")
    yield from claim_spec_problems("spec", spec)
    if old is None:
        return
    before = object_at(old, "spec")
    bound = object_at(new, "status").get("phase") == "Bound"
    if _fixed_part(spec, before, bound=bound) != _fixed_part(before, before, bound=bound):
        yield forbidden("spec", FIXED)
    yield from immutable("volumeMode", spec.get("volumeMode"), before.get("volumeMode"))


def claim_spec_problems(at: str, spec: JsonObject) -> Iterator[Cause]:
    """What is wrong with the spec of a claim that has its defaults."""
    modes: list[str] = spec.get("accessModes") or []
    if not modes:
        yield required(f"{at}.accessModes", "at least 1 access mode is required")
    if spec.get("selector") is not None:
        yield from label_selector(f"{at}.selector", object_at(spec, "selector"))
    if modes:
        yield from access_modes(f"{at}.accessModes", modes)
    yield from _size(f"{at}.resources[storage]", object_at(object_at(spec, "resources"), "requests"))
    name = spec.get("storageClassName")
    if name:
        yield from causes(f"{at}.storageClassName", name, formats.dns_1123_subdomain(name))
    volume_mode = spec.get("volumeMode")
    if volume_mode is not None and volume_mode not in VOLUME_MODES:
        yield not_supported(f"{at}.volumeMode", volume_mode, VOLUME_MODES)


def _size(at: str, requests: JsonObject) -> Iterator[Cause]:
    if "storage" not in requests:
        yield required(at)
        return
    text = str(requests["storage"])
    if text.startswith("-") or not text.strip("0.+KMGTPEinumk"):
        yield invalid(at, text, "must be greater than zero")


def _fixed_part(spec: JsonObject, before: JsonObject, *, bound: bool) -> JsonObject:
    """The spec without what may still change."""
    free = {"volumeAttributesClassName", "resources"} if bound else set()
    free |= {key for key in ("volumeName", "storageClassName") if before.get(key) in _OPEN[key]}
    return {key: value for key, value in spec.items() if key not in free and value not in (None, {}, [], "")}


def modes_text(modes: Iterable[str]) -> str:
    """Access modes in short."""
    held = set(modes)
    return ",".join(short for mode, short in _ACCESS.items() if mode in held)


def _row(claim: JsonObject, now: float) -> list[Cell]:
    spec, status = object_at(claim, "spec"), object_at(claim, "status")
    volume = str(spec.get("volumeName") or "")
    modes = modes_text(status.get("accessModes") or ())
    return [
        name_of(claim),
        "Terminating" if claim["metadata"].get("deletionTimestamp") else str(status.get("phase") or ""),
        volume,
        str(object_at(status, "capacity").get("storage") or "0") if volume else "",
        modes if volume else "",
        str(spec.get("storageClassName") or ""),
        str(spec.get("volumeAttributesClassName") or UNSET),
        age(claim, now),
        str(spec.get("volumeMode") or UNSET),
    ]


PERSISTENT_VOLUME_CLAIM: Final = Kind(
    "",
    "v1",
    "PersistentVolumeClaim",
    "persistentvolumeclaims",
    ("pvc",),
    subresources=("status",),
    model="V1PersistentVolumeClaim",
    returns_deleted=True,
    defaults=claim_defaults,
    validate=claim_problems,
    printer=Printer(
        (
            *texts("Name", "Status", "Volume", "Capacity", "Access Modes", "StorageClass"),
            *texts("VolumeAttributesClass", "Age"),
            *wide("VolumeMode"),
        ),
        _row,
    ),
)
