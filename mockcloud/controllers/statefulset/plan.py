"""StatefulSet -> which pods to create and delete now: in order, each on its predecessor's readiness."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from mockcloud.controllers.history.objects import REVISION_LABEL
from mockcloud.controllers.objects.pods import ENDED, Pod, available
from mockcloud.controllers.statefulset.objects import StatefulSet


@dataclass(frozen=True, slots=True)
class Create:
    """Make the pod of an ordinal; `updated`: from the present template, not from the one before."""

    ordinal: int
    updated: bool


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a pod; it may come again under its name."""

    pod: Pod


Step = Create | Delete


@dataclass(frozen=True, slots=True)
class SortedPods:
    """A set's pods: those that are wanted by ordinal, and those beyond, the highest first."""

    wanted: dict[int, Pod]
    condemned: tuple[Pod, ...]


def sort_pods(owner: StatefulSet, pods: Sequence[Pod]) -> SortedPods:
    """Sort the pods; one without an ordinal in its name is nobody's."""
    known = {ordinal: pod for pod in pods if (ordinal := owner.ordinal_of(pod.meta.name)) is not None}
    wanted = {ordinal: pod for ordinal, pod in known.items() if ordinal in owner.ordinals}
    beyond = sorted(known.keys() - wanted.keys(), reverse=True)
    return SortedPods(wanted, tuple(known[ordinal] for ordinal in beyond))


def steps(owner: StatefulSet, pods: SortedPods, update: str, now: datetime) -> list[Step]:
    """What to do now; once it is seen, ask again. `update` is the name of the present revision."""
    if owner.meta.deleting:
        return []
    found: list[Step] = []
    for ordinal in owner.ordinals:
        step, settled = _keep(owner, ordinal, pods.wanted.get(ordinal), now)
        found += step
        if not settled and not owner.parallel:
            return found
    shrink = list(_shrink(owner, pods, now))
    if owner.parallel:
        found += shrink
    elif pods.condemned:
        return shrink
    return [*found, *_update(owner, pods, update, now)]


def usable(owner: StatefulSet, pod: Pod, now: datetime) -> bool:
    """Running, Ready for long enough, and not on its way out."""
    return pod.active and pod.phase == "Running" and available(pod, owner.min_ready_seconds, now)


def _keep(owner: StatefulSet, ordinal: int, pod: Pod | None, now: datetime) -> tuple[list[Step], bool]:
    """What one wanted pod needs, and whether its successors may be looked at."""
    if pod is None:
        return [Create(ordinal, updated=ordinal - owner.start >= _kept(owner))], False
    if pod.phase in ENDED:
        # It is made anew once it is gone, whatever its restart policy was.
        return [] if pod.meta.deleting else [Delete(pod)], False
    return [], usable(owner, pod, now)


def _kept(owner: StatefulSet) -> int:
    """How many of the lowest pods have the template before: without a partition, those that still have it."""
    if owner.on_delete:
        return 0
    return owner.partition if owner.partition is not None else int(owner.status.get("currentReplicas") or 0)


def _shrink(owner: StatefulSet, pods: SortedPods, now: datetime) -> Iterator[Step]:
    """Away with the condemned: all at once, or one at a time, each when the others are well."""
    if owner.parallel:
        yield from (Delete(pod) for pod in pods.condemned if not pod.meta.deleting)
        return
    if not pods.condemned:
        return
    highest = pods.condemned[0]
    # All wanted pods are well by now. One that is not may only go first where it alone is not.
    ailing = next((pod for pod in reversed(pods.condemned) if not usable(owner, pod, now)), highest)
    if not highest.meta.deleting and (ailing is highest or usable(owner, highest, now)):
        yield Delete(highest)


def _update(owner: StatefulSet, pods: SortedPods, update: str, now: datetime) -> list[Step]:
    """The highest pod of another revision, where all above it are updated and well."""
    if owner.on_delete:
        return []
    for ordinal in reversed(owner.ordinals[owner.partition or 0 :]):
        pod = pods.wanted.get(ordinal)
        if pod is None or pod.phase in ENDED:
            return []
        if pod.meta.labels.get(REVISION_LABEL) != update and not pod.meta.deleting:
            return [Delete(pod)]
        if not usable(owner, pod, now):
            return []
    return []
