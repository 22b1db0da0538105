"""What a StatefulSet's status says of its pods and revisions."""

from collections.abc import Iterable
from datetime import datetime

from mockcloud.client.objects import Object
from mockcloud.controllers.history.objects import REVISION_LABEL, collisions
from mockcloud.controllers.objects.pods import Pod, available
from mockcloud.controllers.statefulset.objects import StatefulSet


def stateful_set_status(
    owner: StatefulSet, pods: Iterable[Pod], current: str, update: str, now: datetime
) -> Object:
    """The whole status; `current` and `update` are names of revisions."""
    all_pods = list(pods)
    ready = [pod for pod in all_pods if pod.phase == "Running" and pod.ready]
    counts = {
        "readyReplicas": len(ready),
        "currentReplicas": _of(all_pods, current),
        "updatedReplicas": _of(all_pods, update),
    }
    wanted = owner.replicas
    if not owner.on_delete and len(all_pods) == len(ready) == counts["updatedReplicas"] == wanted:
        current = update  # the update is complete
        counts["currentReplicas"] = counts["updatedReplicas"]
    return {
        "observedGeneration": owner.meta.generation,
        "replicas": len(all_pods),
        "availableReplicas": sum(available(pod, owner.min_ready_seconds, now) for pod in ready),
        **{key: count for key, count in counts.items() if count},
        "currentRevision": current,
        "updateRevision": update,
        "collisionCount": collisions(owner),
    }


def _of(pods: list[Pod], revision: str) -> int:
    return sum(not pod.meta.deleting and pod.meta.labels.get(REVISION_LABEL) == revision for pod in pods)
