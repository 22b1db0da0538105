"""PodDisruptionBudgets, and what has a number of pods, as the disruption controller sees them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.metadata import Meta, Selector, parse_meta, parse_selector


@dataclass(frozen=True, slots=True)
class Budget:
    """A PodDisruptionBudget; bounds are numbers of pods or percentages."""

    meta: Meta
    selector: Selector | None  # None selects nothing
    min_available: int | str | None
    max_unavailable: int | str | None
    status: Object = field(compare=False)
    # Pods that the API lets go, with when: they are deleted in the same moment, and may be seen before.
    disrupted: Mapping[str, datetime] = field(default_factory=dict)

    def selects(self, pod: Meta) -> bool:
        """Whether the pod, of the same namespace, is counted."""
        return self.selector is not None and self.selector.matches(pod.labels)


@dataclass(frozen=True, slots=True)
class Scaled:
    """A Deployment, ReplicaSet or StatefulSet, and how many pods are wanted of it."""

    meta: Meta
    replicas: int


def parse_budget(obj: Object) -> Budget:
    """From a policy/v1 PodDisruptionBudget."""
    spec = obj.get("spec") or {}
    raw = spec.get("selector")
    return Budget(
        parse_meta(obj),
        None if raw is None else parse_selector(raw),
        spec.get("minAvailable"),
        spec.get("maxUnavailable"),
        obj.get("status") or {},
        {name: datetime.fromisoformat(when) for name, when in _disrupted(obj).items()},
    )


def _disrupted(obj: Object) -> Object:
    found: Object = (obj.get("status") or {}).get("disruptedPods") or {}
    return found


def parse_scaled(obj: Object) -> Scaled:
    """From a workload."""
    replicas = obj["spec"].get("replicas")
    return Scaled(parse_meta(obj), 1 if replicas is None else replicas)
