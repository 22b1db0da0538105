"""ReplicaSet -> how many pods to create, which to delete, and what its status says."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.metadata import EPOCH
from mockcloud.controllers.objects.pods import Pod, available
from mockcloud.controllers.objects.replica_sets import ReplicaSet

BURST: Final = 500  # as upstream: one round creates or deletes at most so many
PHASE_ORDER: Final = {"Pending": 0, "Unknown": 1}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with the pods now."""

    create: int = 0
    delete: tuple[Pod, ...] = ()


def plan_pods(wanted: int, owned: Sequence[Pod], related: Sequence[Pod]) -> Plan:
    """Towards `wanted` active pods. `related` are the pods of all ReplicaSets of the same Deployment."""
    active = [pod for pod in owned if pod.active]
    surplus = len(active) - wanted
    if surplus < 0:
        return Plan(create=min(-surplus, BURST))
    return Plan(delete=tuple(deletion_order(active, related)[: min(surplus, BURST)]))


def deletion_order(pods: Sequence[Pod], related: Sequence[Pod]) -> list[Pod]:
    """The pods with the least loss first: not placed, not running, not ready, crowded, newest."""
    crowd = Counter(pod.node for pod in related if pod.active and pod.node)

    def loss(pod: Pod) -> tuple[float | bool | str, ...]:
        since = pod.ready_since or EPOCH
        return (
            bool(pod.node),
            PHASE_ORDER.get(pod.phase, 2),
            pod.ready,
            pod.deletion_cost,
            -crowd[pod.node],
            -since.timestamp() if pod.ready else 0,
            -pod.restarts,
            -pod.meta.created.timestamp(),
            pod.meta.name,
        )

    return sorted(pods, key=loss)


def replica_set_status(
    owner: ReplicaSet, owned: Sequence[Pod], template_labels: dict[str, str], failure: str, now: datetime
) -> Object:
    """The whole status; `failure` is why the last create or delete failed, "" where it did not.

    `now` is in whole seconds where it is written; a condition that does not change keeps its time.
    """
    active = [pod for pod in owned if pod.active]
    labels = template_labels.items()
    counts = {
        "replicas": len(active),
        "fullyLabeledReplicas": sum(labels <= pod.meta.labels.items() for pod in active),
        "readyReplicas": sum(pod.ready for pod in active),
        "availableReplicas": sum(available(pod, owner.min_ready_seconds, now) for pod in active),
        "observedGeneration": owner.meta.generation,
    }
    found: Object = {key: value for key, value in counts.items() if value or key == "replicas"}
    if failure:
        earlier = [each for each in owner.status.get("conditions") or () if each["message"] == failure]
        found["conditions"] = earlier or [
            {
                "type": "ReplicaFailure",
                "status": "True",
                "reason": "FailedCreate",
                "message": failure,
                "lastTransitionTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        ]
    return found
