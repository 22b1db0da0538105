"""PersistentVolumeClaim -> bound to a volume of its own, and kept for as long as a pod mounts it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.pods import Pod
from mockcloud.controllers.objects.volume_claims import VolumeClaim

PROTECTION: Final = "kubernetes.io/pvc-protection"


@dataclass(frozen=True, slots=True)
class Provide:
    """Name the claim's volume."""

    volume: str


@dataclass(frozen=True, slots=True)
class Bind:
    """Say that the claim has its volume."""

    status: Object


@dataclass(frozen=True, slots=True)
class RemoveFinalizer:
    """Nothing mounts the deleted claim: take this finalizer off."""

    finalizers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Nothing:
    """It is as it should be, or waits for a pod to end."""


Decision = Provide | Bind | RemoveFinalizer | Nothing


def decide_claim(claim: VolumeClaim, pods: Iterable[Pod]) -> Decision:
    """What the claim needs; `pods` are those of its namespace that mount it."""
    if claim.meta.deleting:
        used = any(pod.node for pod in pods)
        if used or PROTECTION not in claim.meta.finalizers:
            return Nothing()
        return RemoveFinalizer(tuple(each for each in claim.meta.finalizers if each != PROTECTION))
    if not claim.volume:
        # The name that a provisioner gives; here it is a folder on the machine that the lab runs on.
        return Provide(f"pvc-{claim.meta.uid}")
    if claim.phase != "Bound":
        return Bind({"phase": "Bound", "accessModes": list(claim.modes), "capacity": {"storage": claim.size}})
    return Nothing()
