"""VolumeAttachments: a volume is to be attached to a node, or is."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, forbidden, invalid, required, too_long
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import Cell, Column, Printer, age, name_of, texts
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes
from mockcloud.kube.resources.validation.metadata import IMMUTABLE
from mockcloud.kube.resources.validation.volumes import driver_name, volume_spec_problems

METADATA_LIMIT: Final = 256 * 1024
MESSAGE_LIMIT: Final = 1024
MOST_CODE: Final = 2**31 - 1
ONE_SOURCE: Final = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"


def attachment_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """Which volume goes to which node by whom; that never changes."""
    spec = object_at(new, "spec")
    attacher, node = str(spec.get("attacher") or ""), str(spec.get("nodeName") or "")
    if not attacher:
        yield required("spec.attacher")
    yield from _source("spec.source", object_at(spec, "source"))
    yield from causes("spec.nodeName", node, formats.dns_1123_subdomain(node))
    yield from _status(object_at(new, "status"))
    if old is not None:
        if spec != object_at(old, "spec"):
            yield invalid("spec", spec, IMMUTABLE)
        return
    yield from driver_name("spec.attacher", attacher)
    volume = object_at(spec, "source").get("persistentVolumeName")
    if volume is not None:
        yield from causes("spec.source.persistentVolumeName", volume, formats.dns_1123_subdomain(volume))


def _source(at: str, source: JsonObject) -> Iterator[Cause]:
    inline, named = source.get("inlineVolumeSpec"), source.get("persistentVolumeName")
    if inline is None and named is None:
        yield required(at, ONE_SOURCE)
    elif inline is not None and named is not None:
        yield forbidden(at, ONE_SOURCE)
    elif inline is not None:
        yield from volume_spec_problems(f"{at}.inlineVolumeSpec", inline, inline=True)
    elif not named:
        yield required(f"{at}.persistentVolumeName", "must specify non empty persistentVolumeName")


def _status(status: JsonObject) -> Iterator[Cause]:
    held = object_at(status, "attachmentMetadata")
    if sum(len(key) + len(value) for key, value in held.items()) > METADATA_LIMIT:
        yield too_long("status.attachmentMetadata", METADATA_LIMIT)
    for key in ("attachError", "detachError"):
        error = object_at(status, key)
        if len(str(error.get("message") or "")) > MESSAGE_LIMIT:
            yield too_long(f"status.{key}.message", METADATA_LIMIT)
        code = error.get("errorCode")
        if code is not None and code < 0:
            yield from causes(f"status.{key}.errorCode", code, [formats.between(0, MOST_CODE)])


def _row(attachment: JsonObject, now: float) -> list[Cell]:
    spec, status = object_at(attachment, "spec"), object_at(attachment, "status")
    return [
        name_of(attachment),
        str(spec.get("attacher") or ""),
        str(object_at(spec, "source").get("persistentVolumeName") or ""),
        str(spec.get("nodeName") or ""),
        bool(status.get("attached")),
        age(attachment, now),
    ]


VOLUME_ATTACHMENT: Final = Kind(
    "storage.k8s.io",
    "v1",
    "VolumeAttachment",
    "volumeattachments",
    namespaced=False,
    subresources=("status",),
    model="V1VolumeAttachment",
    returns_deleted=True,
    unconditional_update=False,
    status_alone=True,
    first_state=lambda obj: {**obj, "status": {"attached": False}},
    validate=attachment_problems,
    printer=Printer(
        (
            *texts("Name"),
            Column("Attacher", format="name"),
            *texts("PV", "Node"),
            Column("Attached", "boolean"),
            *texts("Age"),
        ),
        _row,
    ),
)
