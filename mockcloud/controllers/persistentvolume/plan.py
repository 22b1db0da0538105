"""What a claim and a volume need next, as upstream's volume and protection controllers decide."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mockcloud.controllers.objects.nodes import Node
from mockcloud.controllers.objects.pods import Pod
from mockcloud.controllers.objects.volume_claims import BOUND_BY_CONTROLLER, SELECTED_NODE, VolumeClaim
from mockcloud.controllers.objects.volumes import StorageClass, Volume
from mockcloud.controllers.persistentvolume.matching import best_match, unfit

CLAIM_PROTECTION: Final = "kubernetes.io/pvc-protection"
VOLUME_PROTECTION: Final = "kubernetes.io/pv-protection"
NO_PROVISIONER: Final = "kubernetes.io/no-provisioner"


@dataclass(frozen=True, slots=True)
class Storage:
    """What a decision looks at beside the claim."""

    volumes: Sequence[Volume] = ()
    classes: Mapping[str, StorageClass] = field(default_factory=dict)
    nodes: Mapping[str, Node] = field(default_factory=dict)

    def volume(self, name: str) -> Volume | None:
        """The volume of that name."""
        return next((each for each in self.volumes if each.meta.name == name), None)

    def default_class(self) -> StorageClass | None:
        """The class of claims that name none: the newest that says so."""
        found = sorted(
            (each for each in self.classes.values() if each.default), key=lambda one: one.meta.name
        )
        return max(found, key=lambda each: each.meta.created, default=None)


@dataclass(frozen=True, slots=True)
class Bind:
    """Claim and volume belong together: have both say so."""

    volume: Volume


@dataclass(frozen=True, slots=True)
class Provision:
    """Have the class's provisioner make a volume."""

    storage_class: StorageClass


@dataclass(frozen=True, slots=True)
class SetClass:
    """The claim named no class before there was a default one."""

    name: str


@dataclass(frozen=True, slots=True)
class Told:
    """It waits (or is lost: `phase`), and an Event says why."""

    reason: str
    message: str
    warning: bool = False
    phase: str = "Pending"


@dataclass(frozen=True, slots=True)
class SetPhase:
    """The volume's phase is another."""

    phase: str


@dataclass(frozen=True, slots=True)
class Reclaim:
    """Its claim is gone: the volume is released, and deleted where its policy says so."""


@dataclass(frozen=True, slots=True)
class Unbind:
    """Its claim has another volume."""


@dataclass(frozen=True, slots=True)
class LookAtClaim:
    """The claim does not know its volume yet."""


@dataclass(frozen=True, slots=True)
class RemoveFinalizer:
    """Nothing uses what is being deleted: take this finalizer off."""

    finalizers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Nothing:
    """It is as it should be, or waits for another."""


ClaimDecision = Bind | Provision | SetClass | Told | Nothing
VolumeDecision = SetPhase | Reclaim | Unbind | LookAtClaim | Nothing


def unprotected(claim: VolumeClaim, pods: Iterable[Pod]) -> RemoveFinalizer | Nothing:
    """Whether a claim being deleted may go; `pods` are those of its namespace that mount it."""
    used = any(pod.node for pod in pods)
    return (
        Nothing() if used else _without(claim.meta.finalizers, CLAIM_PROTECTION, deleting=claim.meta.deleting)
    )


def unprotected_volume(volume: Volume) -> RemoveFinalizer | Nothing:
    """Whether a volume being deleted may go."""
    if volume.phase == "Bound":
        return Nothing()
    return _without(volume.meta.finalizers, VOLUME_PROTECTION, deleting=volume.meta.deleting)


def _without(finalizers: tuple[str, ...], ours: str, *, deleting: bool) -> RemoveFinalizer | Nothing:
    if not deleting or ours not in finalizers:
        return Nothing()
    return RemoveFinalizer(tuple(each for each in finalizers if each != ours))


def decide_claim(claim: VolumeClaim, storage: Storage) -> ClaimDecision:
    """What the claim needs."""
    if claim.bound:
        return _bound(claim, storage)
    if claim.volume:
        return _named(claim, storage.volume(claim.volume))
    storage_class = storage.classes.get(claim.storage_class or "")
    node = storage.nodes.get(claim.meta.annotations.get(SELECTED_NODE, ""))
    delayed = storage_class is not None and storage_class.delayed
    found = best_match(claim, storage.volumes, node=node, delayed=delayed)
    if found is not None:
        return Bind(found)
    return _without_volume(claim, storage, storage_class)


def _without_volume(
    claim: VolumeClaim, storage: Storage, storage_class: StorageClass | None
) -> ClaimDecision:
    """What a claim needs for which there is no volume."""
    default = storage.default_class()
    if claim.storage_class is None and default is not None:
        return SetClass(default.meta.name)
    if storage_class and storage_class.delayed and SELECTED_NODE not in claim.meta.annotations:
        return Told("WaitForFirstConsumer", "waiting for first consumer to be created before binding")
    if not claim.storage_class:
        why = "no persistent volumes available for this claim and no storage class is set"
        return Told("FailedBinding", why)
    if storage_class is None:
        why = f'storageclass.storage.k8s.io "{claim.storage_class}" not found'
        return Told("ProvisioningFailed", why, warning=True)
    if storage_class.provisioner == NO_PROVISIONER:
        # Said by nobody upstream either: whoever names such a class makes the volumes.
        return Nothing()
    return Provision(storage_class)


def _named(claim: VolumeClaim, volume: Volume | None) -> ClaimDecision:
    """A claim that names its volume."""
    if volume is None:
        return Nothing()
    if volume.claim is None:
        why = unfit(claim, volume)
        if why is not None:
            message = f'Cannot bind to requested volume "{volume.meta.name}": {why}'
            return Told("VolumeMismatch", message, warning=True)
        return Bind(volume)
    if volume.is_for(claim):
        return Bind(volume)
    why = f'volume "{volume.meta.name}" already bound to a different claim.'
    return Told("FailedBinding", why, warning=True)


def _bound(claim: VolumeClaim, storage: Storage) -> ClaimDecision:
    """A claim that had its volume once: a lost one stays lost."""
    volume = storage.volume(claim.volume)
    if not claim.volume:
        why = "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!"
        return _lost(claim, "ClaimLost", why)
    if volume is None:
        why = "Bound claim has lost its PersistentVolume. Data on the volume is lost!"
        return _lost(claim, "ClaimLost", why)
    if volume.claim is None or volume.claim.uid == claim.meta.uid:
        return Bind(volume)
    why = "Two claims are bound to the same volume, this one is bound incorrectly"
    return _lost(claim, "ClaimMisbound", why)


def _lost(claim: VolumeClaim, reason: str, message: str) -> ClaimDecision:
    return Nothing() if claim.phase == "Lost" else Told(reason, message, warning=True, phase="Lost")


def decide_volume(volume: Volume, claim: VolumeClaim | None) -> VolumeDecision:
    """What the volume needs; `claim` is that of the name that it is for."""
    if volume.claim is None or not volume.claim.uid:
        return _phase(volume, "Available")
    if claim is None or claim.meta.uid != volume.claim.uid:
        return Reclaim()
    if not claim.volume:
        return LookAtClaim()
    if claim.volume == volume.meta.name:
        return _phase(volume, "Bound")
    if volume.provisioner and volume.policy == "Delete":
        return Reclaim()
    return Unbind() if BOUND_BY_CONTROLLER in volume.meta.annotations else Nothing()


def _phase(volume: Volume, phase: str) -> VolumeDecision:
    return Nothing() if volume.phase == phase else SetPhase(phase)
