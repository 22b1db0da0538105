"""PersistentVolumes: a place for bytes that outlives pods, and whose it is."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, forbidden, invalid
from mockcloud.kube.json_types import JsonObject, filled, object_at
from mockcloud.kube.resources.core.persistentvolumeclaim import UNSET, modes_text
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import Cell, Printer, age, name_of, texts, wide
from mockcloud.kube.resources.validation.metadata import IMMUTABLE, immutable
from mockcloud.kube.resources.validation.volumes import SOURCES, volume_spec_problems
from mockcloud.quotas.quantities import parsed

MOUNT_OPTIONS: Final = "volume.beta.kubernetes.io/mount-options"
WITHOUT_OPTIONS: Final = (
    *("hostPath", "fc", "flexVolume", "portworxVolume", "scaleIO", "local", "storageos", "csi"),
)
BETA_CLASS: Final = "volume.beta.kubernetes.io/storage-class"


def volume_defaults(obj: JsonObject) -> JsonObject:
    """A volume keeps its bytes, holds files, and is pending."""
    spec = filled(object_at(obj, "spec"), persistentVolumeReclaimPolicy="Retain", volumeMode="Filesystem")
    if spec.get("hostPath") is not None:
        spec["hostPath"] = {**spec["hostPath"], "type": spec["hostPath"].get("type") or ""}
    return {**obj, "spec": spec, "status": filled(object_at(obj, "status"), phase="Pending")}


def volume_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """Where its bytes are, which never changes, and for whom."""
    spec = object_at(new, "spec")
    yield from volume_spec_problems("spec", spec)
    notes = object_at(object_at(new, "metadata"), "annotations")
    if MOUNT_OPTIONS in notes and any(spec.get(name) is not None for name in WITHOUT_OPTIONS):
        why = "may not specify mount options for this volume type"
        yield forbidden(f"metadata.annotations.{MOUNT_OPTIONS}", why)
    if old is None:
        return
    before = object_at(old, "spec")
    if _source(spec, before) != _source(before, before):
        yield forbidden(
            "spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation"
        )
    yield from immutable("volumeMode", spec.get("volumeMode"), before.get("volumeMode"))
    affinity = before.get("nodeAffinity")
    if affinity is not None and spec.get("nodeAffinity") != affinity:
        why = f"{IMMUTABLE}, except for updating from beta label to GA"
        yield invalid("nodeAffinity", spec.get("nodeAffinity"), why)


def _source(spec: JsonObject, before: JsonObject) -> JsonObject:
    """Where the bytes are; a secret by which it grows may still be named."""
    found = {name: spec[name] for name in SOURCES if spec.get(name) is not None}
    held = object_at(before, "csi")
    if found.get("csi") and held and not held.get("controllerExpandSecretRef"):
        found["csi"] = {
            key: value for key, value in found["csi"].items() if key != "controllerExpandSecretRef"
        }
    return found


def begun(obj: JsonObject) -> JsonObject:
    """Pending since it was made."""
    since = obj["metadata"]["creationTimestamp"]
    return {**obj, "status": {**object_at(obj, "status"), "lastPhaseTransitionTime": since}}


def phase_timed(new: JsonObject, old: JsonObject, now: str) -> JsonObject:
    """A new phase begins now, unless who writes it says when."""
    status, before = object_at(new, "status"), object_at(old, "status")
    key = "lastPhaseTransitionTime"
    same, said, held = status.get("phase") == before.get("phase"), status.get(key), before.get(key)
    if same and said is None and held:
        return {**new, "status": {**status, key: held}}
    if not same and (said is None or said == held):
        return {**new, "status": {**status, key: now}}
    return new


def _row(volume: JsonObject, now: float) -> list[Cell]:
    spec, status, metadata = object_at(volume, "spec"), object_at(volume, "status"), volume["metadata"]
    claim = spec.get("claimRef")
    size = parsed(object_at(spec, "capacity")).get("storage")
    return [
        name_of(volume),
        str(size or "0"),
        modes_text(spec.get("accessModes") or ()),
        str(spec.get("persistentVolumeReclaimPolicy") or ""),
        "Terminating" if metadata.get("deletionTimestamp") else str(status.get("phase") or ""),
        f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else "",
        str(object_at(metadata, "annotations").get(BETA_CLASS) or spec.get("storageClassName") or ""),
        str(spec.get("volumeAttributesClassName") or UNSET),
        str(status.get("reason") or ""),
        age(volume, now),
        str(spec.get("volumeMode") or UNSET),
    ]


PERSISTENT_VOLUME: Final = Kind(
    "",
    "v1",
    "PersistentVolume",
    "persistentvolumes",
    ("pv",),
    namespaced=False,
    subresources=("status",),
    model="V1PersistentVolume",
    returns_deleted=True,
    defaults=volume_defaults,
    validate=volume_problems,
    identified=begun,
    timed=phase_timed,
    printer=Printer(
        (
            *texts("Name", "Capacity", "Access Modes", "Reclaim Policy", "Status", "Claim", "StorageClass"),
            *texts("VolumeAttributesClass", "Reason", "Age"),
            *wide("VolumeMode"),
        ),
        _row,
    ),
)
