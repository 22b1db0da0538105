"""Where a pod may go because of the volumes that it mounts: the default scheduler's VolumeBinding. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from mockcloud.client.objects import Key
from mockcloud.controllers.objects.nodes import Node
from mockcloud.controllers.objects.pods import Pod
from mockcloud.controllers.objects.volume_claims import SELECTED_NODE, VolumeClaim
from mockcloud.controllers.objects.volumes import StorageClass, Volume


class WhyNotHere(StrEnum):
    """Why a node does not take a pod with these volumes, in upstream's words."""

    OTHER_NODES = "node(s) didn't match PersistentVolume's node affinity"
    NO_VOLUME = "node(s) didn't find available persistent volumes to bind"
    GONE = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"


@dataclass(frozen=True, slots=True)
class Mounts:
    """What a pod mounts of the cluster's volumes; `refusal` says why no node takes it yet."""

    refusal: str = ""
    bound: tuple[Volume | None, ...] = ()
    delayed: tuple[VolumeClaim, ...] = ()
    """Claims whose volume waits for the pod's node."""

    def refused_by(self, node: Node, nodes: Mapping[str, Node]) -> WhyNotHere | None:
        """Why the node does not do; None where it does."""
        if None in self.bound:
            return WhyNotHere.GONE
        if not all(one.affinity.admits(node.meta.name, node.meta.labels) for one in self.bound if one):
            return WhyNotHere.OTHER_NODES
        chosen = {claim.meta.annotations.get(SELECTED_NODE, "") for claim in self.delayed}
        elsewhere = {name for name in chosen if name in nodes and name != node.meta.name}
        return WhyNotHere.NO_VOLUME if elsewhere else None


NO_MOUNTS = Mounts()


def mounts_of(
    pod: Pod,
    claim_at: Callable[[Key], VolumeClaim | None],
    volume_at: Callable[[Key], Volume | None],
    classes: Mapping[str, StorageClass],
) -> Mounts:
    """What the pod mounts, looked up by name."""
    bound: list[Volume | None] = []
    delayed: list[VolumeClaim] = []
    for name in pod.claims:
        claim = claim_at((pod.meta.namespace, name))
        if claim is None:
            return Mounts(f'persistentvolumeclaim "{name}" not found')
        if claim.meta.deleting:
            return Mounts(f'persistentvolumeclaim "{name}" is being deleted')
        if claim.phase == "Lost":
            return Mounts(
                f'persistentvolumeclaim "{name}" bound to non-existent persistentvolume "{claim.volume}"'
            )
        if claim.volume and claim.bound:
            bound.append(volume_at(("", claim.volume)))
            continue
        storage_class = classes.get(claim.storage_class or "")
        if storage_class is None or not storage_class.delayed:
            return Mounts("pod has unbound immediate PersistentVolumeClaims")
        delayed.append(claim)
    return Mounts("", tuple(bound), tuple(delayed))
