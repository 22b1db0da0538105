"""Which volume a claim gets, as the binder of k8s.io/component-helpers chooses it."""

from collections.abc import Iterable

from mockcloud.controllers.objects.nodes import Node
from mockcloud.controllers.objects.volume_claims import VolumeClaim
from mockcloud.controllers.objects.volumes import Volume


def best_match(
    claim: VolumeClaim, volumes: Iterable[Volume], *, node: Node | None, delayed: bool
) -> Volume | None:
    """The volume that waits for the claim, else the smallest that is large enough; None for none.

    `node` is where the claim's pod goes; without one, a `delayed` claim gets only a volume that waits for it.
    """
    large = [each for each in volumes if _fits(claim, each)]
    waiting = next((each for each in large if each.is_for(claim)), None)
    if waiting is not None:
        return waiting if _reached(waiting, node) else None
    if node is None and delayed:
        return None
    free = [each for each in large if each.claim is None and _offered(claim, each) and _reached(each, node)]
    return min(free, key=lambda each: (each.bytes, len(each.modes), each.meta.name), default=None)


def unfit(claim: VolumeClaim, volume: Volume) -> str | None:
    """Why a claim cannot have the volume that it names, in upstream's words; None where it can."""
    if volume.meta.deleting:
        return f'the volume is marked for deletion "{volume.meta.name}"'
    if volume.bytes < claim.bytes:
        return "requested PV is too small"
    if volume.storage_class != (claim.storage_class or ""):
        return "storageClassName does not match"
    if volume.attributes_class != claim.attributes_class:
        return "volumeAttributesClassName does not match"
    if volume.volume_mode != claim.volume_mode:
        return "incompatible volumeMode"
    return None if set(claim.modes) <= set(volume.modes) else "incompatible accessMode"


def _fits(claim: VolumeClaim, volume: Volume) -> bool:
    return (
        (volume.claim is None or volume.is_for(claim))
        and volume.bytes >= claim.bytes
        and volume.volume_mode == claim.volume_mode
        and volume.attributes_class == claim.attributes_class
        and not volume.meta.deleting
    )


def _offered(claim: VolumeClaim, volume: Volume) -> bool:
    chosen = claim.selector is None or claim.selector.matches(volume.meta.labels)
    same_class = volume.storage_class == (claim.storage_class or "")
    return volume.phase == "Available" and chosen and same_class and set(claim.modes) <= set(volume.modes)


def _reached(volume: Volume, node: Node | None) -> bool:
    return node is None or volume.affinity.admits(node.meta.name, node.meta.labels)
