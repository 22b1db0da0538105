"""PersistentVolumes and StorageClasses as the controllers see them."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from mockcloud.client.objects import Key, Object
from mockcloud.controllers.objects.affinity import NodeAffinity, parse_terms
from mockcloud.controllers.objects.metadata import Meta, parse_meta
from mockcloud.controllers.objects.volume_claims import BETA_CLASS, VolumeClaim, size_of

PROVISIONED_BY: Final = "pv.kubernetes.io/provisioned-by"
DEFAULT_CLASS: Final = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)


@dataclass(frozen=True, slots=True)
class ClaimRef:
    """Whose a volume is; without a uid it only waits for a claim of that name."""

    namespace: str
    name: str
    uid: str

    @property
    def key(self) -> Key:
        """(namespace, name)."""
        return self.namespace, self.name


@dataclass(frozen=True, slots=True)
class Volume:
    """A PersistentVolume."""

    meta: Meta
    size: str
    modes: tuple[str, ...]
    claim: ClaimRef | None
    phase: str
    policy: str
    storage_class: str
    volume_mode: str
    attributes_class: str
    affinity: NodeAffinity  # which nodes reach it

    @property
    def bytes(self) -> Fraction:
        """How large it is."""
        return size_of(self.size)

    @property
    def provisioner(self) -> str:
        """Who made it for a claim; "" for one made by hand."""
        return self.meta.annotations.get(PROVISIONED_BY, "")

    def is_for(self, claim: VolumeClaim) -> bool:
        """Whether it is the claim's, or waits for it."""
        ours = self.claim
        return ours is not None and ours.key == claim.meta.key and ours.uid in ("", claim.meta.uid)


@dataclass(frozen=True, slots=True)
class StorageClass:
    """A StorageClass."""

    meta: Meta
    provisioner: str
    policy: str
    delayed: bool  # binding waits for a pod

    @property
    def default(self) -> bool:
        """Whether claims get it that name none."""
        return any(self.meta.annotations.get(key) == "true" for key in DEFAULT_CLASS)


def parse_volume(obj: Object) -> Volume:
    """From a core/v1 PersistentVolume."""
    spec, meta = obj["spec"], parse_meta(obj)
    claim, required = spec.get("claimRef"), (spec.get("nodeAffinity") or {}).get("required")
    return Volume(
        meta=meta,
        size=str((spec.get("capacity") or {}).get("storage") or ""),
        modes=tuple(spec.get("accessModes") or ()),
        claim=_claim_ref(claim) if claim else None,
        phase=(obj.get("status") or {}).get("phase") or "Pending",
        policy=spec.get("persistentVolumeReclaimPolicy") or "Retain",
        storage_class=meta.annotations.get(BETA_CLASS) or spec.get("storageClassName") or "",
        volume_mode=spec.get("volumeMode") or "Filesystem",
        attributes_class=spec.get("volumeAttributesClassName") or "",
        affinity=NodeAffinity(None if required is None else parse_terms(required)),
    )


def parse_storage_class(obj: Object) -> StorageClass:
    """From a storage.k8s.io/v1 StorageClass."""
    return StorageClass(
        parse_meta(obj),
        obj["provisioner"],
        obj.get("reclaimPolicy") or "Delete",
        obj.get("volumeBindingMode") == "WaitForFirstConsumer",
    )


def _claim_ref(raw: Object) -> ClaimRef:
    return ClaimRef(raw.get("namespace") or "", raw.get("name") or "", raw.get("uid") or "")
