"""PodDisruptionBudget -> its status, as upstream's pkg/controller/disruption works it out (v1.34)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.disruption.objects import Budget, Scaled
from mockcloud.controllers.objects.metadata import Owner
from mockcloud.controllers.objects.pods import ENDED, Pod

TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
DISRUPTION_TIMEOUT: Final = timedelta(minutes=2)
ScaleOf = Callable[[str, Owner], Scaled | None]
"""(namespace, owner) -> the workload whose number counts: of a ReplicaSet's pods, its Deployment."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is there, and what has to be."""

    expected: int
    desired: int  # that are to stay healthy
    healthy: int

    @property
    def allowed(self) -> int:
        """How many healthy pods may go now."""
        return max(self.healthy - self.desired, 0) if self.expected else 0


def still_disrupted(budget: Budget, pods: Sequence[Pod], now: datetime) -> dict[str, datetime]:
    """Of those that the API let go: who is not seen to go yet, for two minutes at most."""
    waiting = {pod.meta.name for pod in pods if not pod.meta.deleting}
    return {
        name: when
        for name, when in budget.disrupted.items()
        if name in waiting and now - when < DISRUPTION_TIMEOUT
    }


def numbers(budget: Budget, pods: Sequence[Pod], scale_of: ScaleOf, leaving: Collection[str] = ()) -> Numbers:
    """`pods` are those of the namespace that the budget selects; `leaving`: names of `still_disrupted`."""
    living = [pod for pod in pods if pod.phase not in ENDED]
    healthy = sum(pod.ready and not pod.meta.deleting and pod.meta.name not in leaving for pod in living)
    lowest = budget.min_available
    if isinstance(lowest, int):
        return Numbers(len(living), lowest, healthy)
    expected = _expected(living, scale_of)
    if lowest is not None:
        return Numbers(expected, _share(lowest, expected), healthy)
    return Numbers(expected, max(expected - _share(budget.max_unavailable or 0, expected), 0), healthy)


def budget_status(
    budget: Budget, found: Numbers, now: datetime, leaving: Mapping[str, datetime] = MappingProxyType({})
) -> Object:
    """The whole status; a condition that does not change keeps its time."""
    disrupted = {name: when.strftime(TIME) for name, when in leaving.items()}
    return {
        **({"disruptedPods": disrupted} if disrupted else {}),
        "observedGeneration": budget.meta.generation,
        "expectedPods": found.expected,
        "desiredHealthy": found.desired,
        "currentHealthy": found.healthy,
        "disruptionsAllowed": found.allowed,
        "conditions": [_condition(budget, found, now)],
    }


def _condition(budget: Budget, found: Numbers, now: datetime) -> Object:
    status = "True" if found.allowed else "False"
    earlier: Object = next(iter(budget.status.get("conditions") or ()), {})
    time = now.strftime(TIME)
    return {
        "type": "DisruptionAllowed",
        "status": status,
        "reason": "SufficientPods" if found.allowed else "InsufficientPods",
        "message": "",
        "observedGeneration": budget.meta.generation,
        "lastTransitionTime": earlier.get("lastTransitionTime") if earlier.get("status") == status else time,
    }


def _expected(pods: Sequence[Pod], scale_of: ScaleOf) -> int:
    """How many pods their owners want, each counted once; pods without one count for nothing."""
    found: dict[str, int] = {}
    for pod in pods:
        for owner in pod.meta.owners:
            scaled = scale_of(pod.meta.namespace, owner) if owner.controller else None
            if scaled is not None:
                found[scaled.meta.uid] = scaled.replicas
    return sum(found.values())


def _share(bound: int | str, of: int) -> int:
    """Percentages round up."""
    return bound if isinstance(bound, int) else -(-int(bound.removesuffix("%")) * of // 100)
