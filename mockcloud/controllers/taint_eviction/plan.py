"""How long a pod may stay on a node with taints of effect NoExecute. Pure."""

from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.nodes import Node, tolerated_seconds
from mockcloud.controllers.objects.pods import ENDED, Pod

OTHERS: Final = frozenset({"node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready"})
"""Taints that tell a node's own state."""


def stays(pod: Pod, node: Node | None) -> float | None:
    """Seconds that the pod may stay since it met the node's taints; None: for good, or it goes anyway."""
    if node is None or pod.phase in ENDED or pod.meta.deleting:
        return None
    taints = [each for each in node.taints if each.effect == "NoExecute" and each.key not in OTHERS]
    return tolerated_seconds(pod.tolerations, taints) if taints else None


def evicted(conditions: list[Object], now: str) -> list[Object]:
    """The pod's conditions, with DisruptionTarget saying why it goes."""
    told = {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": "DeletionByTaintManager",
        "message": "Taint manager: deleting due to NoExecute taint",
        "lastTransitionTime": now,
    }
    return [*(each for each in conditions if each["type"] != "DisruptionTarget"), told]
