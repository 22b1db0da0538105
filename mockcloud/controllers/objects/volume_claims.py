"""A PersistentVolumeClaim as the controllers see it."""

from dataclasses import dataclass

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.metadata import Meta, parse_meta


@dataclass(frozen=True, slots=True)
class VolumeClaim:
    """A PersistentVolumeClaim."""

    meta: Meta
    volume: str  # "" where it has none yet
    phase: str
    modes: tuple[str, ...]
    size: str  # as it asks for it


def parse_volume_claim(obj: Object) -> VolumeClaim:
    """From a core/v1 PersistentVolumeClaim."""
    spec, status = obj["spec"], obj.get("status") or {}
    requests = (spec.get("resources") or {}).get("requests") or {}
    return VolumeClaim(
        meta=parse_meta(obj),
        volume=spec.get("volumeName") or "",
        phase=status.get("phase") or "Pending",
        modes=tuple(spec.get("accessModes") or ()),
        size=str(requests.get("storage") or ""),
    )
