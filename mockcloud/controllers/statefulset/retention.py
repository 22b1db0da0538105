"""Who owns a pod's volume claims, so that garbage collection keeps or removes them as the set's policy says.

Kept for ever: nobody. Gone with the set: the set. Gone when scaled away: the condemned pod, while it ends.
"""

from mockcloud.controllers.objects.metadata import Meta, Owner
from mockcloud.controllers.objects.pods import Pod
from mockcloud.controllers.objects.volume_claims import VolumeClaim
from mockcloud.controllers.statefulset.objects import StatefulSet


def owners(owner: StatefulSet, pod: Pod, claim: VolumeClaim) -> tuple[Owner, ...] | None:
    """The owners that the claim should have; None where they are right, or are not ours to change."""
    present = claim.meta.owners
    if any(_stale(each, owner.meta, pod.meta) for each in present):
        return None  # of an earlier set or pod of this name: the garbage collector settles that
    others = tuple(each for each in present if each.uid not in (owner.meta.uid, pod.meta.uid))
    wanted = others
    if not any(each.controller for each in others):
        wanted = (*others, *_by_policy(owner, pod))
    return None if set(wanted) == set(present) else wanted


def stale(owner: StatefulSet, ordinal: int, claim: VolumeClaim) -> bool:
    """Whether the claim goes with an earlier pod of this name: its successor must wait for a new one."""
    name = owner.pod_name(ordinal)
    return owner.delete_when_scaled and any(
        each.kind == "Pod" and each.name == name for each in claim.meta.owners
    )


def _by_policy(owner: StatefulSet, pod: Pod) -> tuple[Owner, ...]:
    condemned = owner.ordinal_of(pod.meta.name) not in owner.ordinals
    if owner.delete_when_scaled and condemned:
        return (Owner("v1", "Pod", pod.meta.name, pod.meta.uid, controller=True, blocks=True),)
    if owner.delete_with_set:
        return (
            Owner("apps/v1", "StatefulSet", owner.meta.name, owner.meta.uid, controller=True, blocks=True),
        )
    return ()


def _stale(reference: Owner, owner: Meta, pod: Meta) -> bool:
    for kind, meta in (("StatefulSet", owner), ("Pod", pod)):
        if (reference.kind, reference.name) == (kind, meta.name) and reference.uid != meta.uid:
            return True
    return False
