"""A PersistentVolumeClaim as the controllers see it."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.metadata import Meta, Selector, parse_meta, parse_selector
from mockcloud.quantities import amount

BIND_COMPLETED: Final = "pv.kubernetes.io/bind-completed"
BOUND_BY_CONTROLLER: Final = "pv.kubernetes.io/bound-by-controller"
SELECTED_NODE: Final = "volume.kubernetes.io/selected-node"
BETA_CLASS: Final = "volume.beta.kubernetes.io/storage-class"


@dataclass(frozen=True, slots=True)
class VolumeClaim:
    """A PersistentVolumeClaim."""

    meta: Meta
    volume: str  # "" where it has none yet
    phase: str
    modes: tuple[str, ...]
    size: str  # as it asks for it
    storage_class: str | None = None  # None where it names none; "" asks for a volume without one
    selector: Selector | None = None
    volume_mode: str = "Filesystem"
    attributes_class: str = ""
    bound_modes: tuple[str, ...] = field(default=(), compare=False)  # as its status says
    bound_size: str = ""

    @property
    def bound(self) -> bool:
        """Whether its binding was completed once."""
        return BIND_COMPLETED in self.meta.annotations

    @property
    def bytes(self) -> Fraction:
        """How large a volume it asks for."""
        return size_of(self.size)


def parse_volume_claim(obj: Object) -> VolumeClaim:
    """From a core/v1 PersistentVolumeClaim."""
    spec, status, meta = obj["spec"], obj.get("status") or {}, parse_meta(obj)
    requests = (spec.get("resources") or {}).get("requests") or {}
    selector = spec.get("selector")
    return VolumeClaim(
        meta=meta,
        volume=spec.get("volumeName") or "",
        phase=status.get("phase") or "Pending",
        modes=tuple(spec.get("accessModes") or ()),
        size=str(requests.get("storage") or ""),
        storage_class=meta.annotations.get(BETA_CLASS, spec.get("storageClassName")),
        selector=None if selector is None else parse_selector(selector),
        volume_mode=spec.get("volumeMode") or "Filesystem",
        attributes_class=spec.get("volumeAttributesClassName") or "",
        bound_modes=tuple(status.get("accessModes") or ()),
        bound_size=str((status.get("capacity") or {}).get("storage") or ""),
    )


def size_of(text: str) -> Fraction:
    """A quantity of bytes as a number; what is none counts as nothing, since the API refuses it."""
    try:
        return amount(text or "0")
    except ValueError:
        return Fraction(0)
