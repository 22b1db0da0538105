"""Deployment -> what to do with its ReplicaSets: scale, replace (rolling or at once), keep history."""

from collections.abc import Sequence
from dataclasses import dataclass

from mockcloud.controllers.deployment.objects import DESIRED, Deployment
from mockcloud.controllers.objects import pod_template
from mockcloud.controllers.objects.replica_sets import ReplicaSet


@dataclass(frozen=True, slots=True)
class Create:
    """Make the ReplicaSet of the present template."""

    replicas: int


@dataclass(frozen=True, slots=True)
class Scale:
    """Set a ReplicaSet's size."""

    target: ReplicaSet
    replicas: int


Step = Create | Scale


@dataclass(frozen=True, slots=True)
class SortedReplicaSets:
    """A Deployment's ReplicaSets: the (oldest) one of its present template, and the rest."""

    new: ReplicaSet | None
    old: tuple[ReplicaSet, ...]  # oldest first

    @property
    def all(self) -> tuple[ReplicaSet, ...]:
        """Every one, the new one last."""
        return (*self.old, self.new) if self.new else self.old


def sort_replica_sets(deployment: Deployment, owned: Sequence[ReplicaSet]) -> SortedReplicaSets:
    """Tell the new ReplicaSet from the old ones."""
    by_age = sorted(owned, key=lambda each: (each.meta.created, each.meta.name))
    new = next((each for each in by_age if pod_template.same(each.template, deployment.template)), None)
    return SortedReplicaSets(new, tuple(each for each in by_age if each is not new))


def steps(deployment: Deployment, sets: SortedReplicaSets, *, old_pods: int) -> list[Step]:
    """What to do now; once it is seen, ask again. `old_pods`: how many of old ReplicaSets still run."""
    if deployment.meta.deleting:
        return []
    if deployment.paused or _resized(deployment, sets):
        return [each for each in _resize(deployment, sets) if not _followed(deployment, each)]
    if deployment.recreate:
        return _recreate(deployment, sets, old_pods)
    return _grow_new(deployment, sets) or _shrink_old(deployment, sets)


def revision(sets: SortedReplicaSets) -> int:
    """The number of the new ReplicaSet: one past all old ones, and never lowered."""
    highest = max((each.revision for each in sets.old), default=0) + 1
    return max(highest, sets.new.revision if sets.new else 0)


def cleanup(deployment: Deployment, sets: SortedReplicaSets) -> list[ReplicaSet]:
    """Old ReplicaSets past the history limit, oldest revision first; only empty and settled ones."""
    settled = [
        each
        for each in sets.old
        if each.replicas == 0
        and each.current == 0
        and each.meta.generation <= each.observed
        and not each.meta.deleting
    ]
    surplus = len(settled) - deployment.history_limit
    settled.sort(key=lambda each: (each.revision, each.meta.created, each.meta.name))
    return settled[: max(surplus, 0)]


def _recreate(deployment: Deployment, sets: SortedReplicaSets, old_pods: int) -> list[Step]:
    down: list[Step] = [Scale(each, 0) for each in sets.old if each.replicas > 0]
    if down or old_pods:
        return down
    return _grow_new(deployment, sets)


def _grow_new(deployment: Deployment, sets: SortedReplicaSets) -> list[Step]:
    have = sets.new.replicas if sets.new else 0
    room = deployment.replicas - have
    if not deployment.recreate:
        most = deployment.replicas + deployment.max_surge
        room = min(room, max(most - sum(each.replicas for each in sets.all), 0))
    if sets.new is None:
        return [Create(room)]
    if have > deployment.replicas:
        return [Scale(sets.new, deployment.replicas)]
    return [Scale(sets.new, have + room)] if room > 0 else []


def _shrink_old(deployment: Deployment, sets: SortedReplicaSets) -> list[Step]:
    """Take from the old ones what may lack: first what does not work anyway, then what does."""
    new = sets.new
    least = deployment.replicas - deployment.max_unavailable
    wanted = sum(each.replicas for each in sets.all)
    new_unavailable = max(new.replicas - new.available, 0) if new else 0
    broken_budget = wanted - least - new_unavailable
    left = {each.meta.uid: each.replicas for each in sets.old}
    for each in sets.old:
        broken = max(each.replicas - each.available, 0)
        cut = max(min(broken, broken_budget), 0)
        left[each.meta.uid] -= cut
        broken_budget -= cut
    working = sum(min(each.available, each.replicas) for each in sets.all)
    budget = min(working - least, broken_budget)
    for each in sets.old:
        cut = max(min(left[each.meta.uid], budget), 0)
        left[each.meta.uid] -= cut
        budget -= cut
    return [Scale(each, left[each.meta.uid]) for each in sets.old if left[each.meta.uid] != each.replicas]


def _resized(deployment: Deployment, sets: SortedReplicaSets) -> bool:
    """Whether the user changed the number of replicas since the ReplicaSets were last scaled."""
    active = [each for each in sets.all if each.replicas > 0]
    if deployment.recreate and len(active) > 1:
        return False  # never two sizes at once: the old ones go first
    wanted = str(deployment.replicas)
    return any(each.meta.annotations.get(DESIRED, wanted) != wanted for each in active)


def _followed(deployment: Deployment, step: Scale) -> bool:
    """Whether the step would change nothing, not even the annotation that says which size was followed."""
    wanted = str(deployment.replicas)
    return step.replicas == step.target.replicas and step.target.meta.annotations.get(DESIRED) == wanted


def _resize(deployment: Deployment, sets: SortedReplicaSets) -> list[Scale]:
    """Follow a change of size: all to the only one, or in proportion during a rollout."""
    active = [each for each in sets.all if each.replicas > 0]
    if len(active) <= 1:
        only = active[0] if active else (sets.new or (sets.old[-1] if sets.old else None))
        return [Scale(only, deployment.replicas)] if only else []
    new = sets.new
    if new and new.replicas == new.available == deployment.replicas:
        return [Scale(each, 0) for each in active if each is not new]
    return _in_proportion(deployment, active)


def _in_proportion(deployment: Deployment, active: Sequence[ReplicaSet]) -> list[Scale]:
    """Share the change out by size, the largest first; the rounding rest goes to the largest."""
    total = sum(each.replicas for each in active)
    most = deployment.replicas + deployment.max_surge if deployment.replicas else 0
    change = most - total
    # Among equals the newer ones grow first, and the older ones shrink first.
    age = -1 if change > 0 else 1
    by_size = sorted(active, key=lambda each: (-each.replicas, age * each.meta.created.timestamp()))
    left, sizes = change, {}
    for each in by_size:
        share = round(each.replicas * most / total) - each.replicas
        share = max(min(share, left), 0) if change > 0 else min(max(share, left), 0)
        sizes[each.meta.uid] = each.replicas + share
        left -= share
    largest = by_size[0].meta.uid
    sizes[largest] = max(sizes[largest] + left, 0)
    # All are written, also at the same size: the annotation must say that the change was followed.
    return [Scale(each, sizes[each.meta.uid]) for each in by_size]
