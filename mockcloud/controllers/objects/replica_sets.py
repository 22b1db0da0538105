"""A ReplicaSet, or a ReplicationController, as its own controller and that of Deployments see it."""

from dataclasses import dataclass, field
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.metadata import Meta, Selector, parse_meta, parse_selector

REVISION: Final = "deployment.kubernetes.io/revision"


@dataclass(frozen=True, slots=True)
class ReplicaSet:
    """How many pods of one template are wanted, and how many there are."""

    meta: Meta
    replicas: int
    selector: Selector
    template: Object = field(compare=False)
    min_ready_seconds: int = 0
    observed: int = 0  # observedGeneration
    current: int = 0  # status.replicas
    ready: int = 0
    available: int = 0
    status: Object = field(default_factory=dict, compare=False)

    @property
    def revision(self) -> int:
        """The Deployment's revision that it stands for; 0 where it says none."""
        text = self.meta.annotations.get(REVISION, "")
        return int(text) if text.isdecimal() else 0


def parse_replica_set(obj: Object) -> ReplicaSet:
    """From an apps/v1 ReplicaSet."""
    spec, status = obj["spec"], obj.get("status") or {}
    return ReplicaSet(
        meta=parse_meta(obj),
        replicas=or_default(spec.get("replicas"), 1),
        selector=parse_selector(spec.get("selector")),
        template=spec.get("template") or {},
        min_ready_seconds=spec.get("minReadySeconds") or 0,
        observed=status.get("observedGeneration") or 0,
        current=status.get("replicas") or 0,
        ready=status.get("readyReplicas") or 0,
        available=status.get("availableReplicas") or 0,
        status=status,
    )


def parse_replication_controller(obj: Object) -> ReplicaSet:
    """From a core/v1 ReplicationController, which selects by labels alone."""
    labels = obj["spec"].get("selector") or {}
    return parse_replica_set({**obj, "spec": {**obj["spec"], "selector": {"matchLabels": labels}}})


def or_default(value: int | None, default: int) -> int:
    """A zero is a number; only absence is the default."""
    return default if value is None else value
