"""Is a node alive, which taints say so, and when do its pods have to go."""

from dataclasses import dataclass
from typing import Final

from mockcloud.controllers.model.nodes import Node, Taint
from mockcloud.controllers.model.pods import ENDED, Pod

LOST_REASON: Final = "NodeStatusUnknown"
LOST_MESSAGE: Final = "Kubelet stopped posting node status."
UNREACHABLE: Final = "node.kubernetes.io/unreachable"
NOT_READY: Final = "node.kubernetes.io/not-ready"
CORDONED: Final = "node.kubernetes.io/unschedulable"
MANAGED: Final = frozenset({UNREACHABLE, NOT_READY, CORDONED})


@dataclass(frozen=True, slots=True)
class Sign:
    """When (on this process's clock) a node's Lease last changed, and for how long that is good."""

    at: float
    seconds: float


def lost_at(sign: Sign, listening_since: float | None, grace_until: float) -> float | None:
    """When the node counts as lost; None while we cannot know, since our own watch is broken.

    A lease that could not have been seen (no watch, or this process was itself stopped until
    `grace_until`) says nothing, so the wait starts anew.
    """
    if listening_since is None:
        return None
    return max(sign.at, listening_since, grace_until) + sign.seconds


def taints(node: Node, *, lost: bool) -> tuple[Taint, ...]:
    """All the taints that the node should have: its own, and those that tell its state."""
    own = [each for each in node.taints if each.key not in MANAGED]
    told: list[Taint] = []
    if lost or node.ready == "Unknown":
        told += [Taint(UNREACHABLE, "", "NoSchedule"), Taint(UNREACHABLE, "", "NoExecute")]
    elif node.ready == "False":
        told += [Taint(NOT_READY, "", "NoSchedule"), Taint(NOT_READY, "", "NoExecute")]
    if node.unschedulable:
        told.append(Taint(CORDONED, "", "NoSchedule"))
    return (*own, *told)


def stays(pod: Pod) -> bool:
    """Whether the pod outlives its node's absence: it tolerates it without a limit, or has ended."""
    if pod.phase in ENDED or pod.meta.deleting:
        return True
    taint = Taint(UNREACHABLE, "", "NoExecute")
    return taint.tolerated(tuple(each for each in pod.tolerations if each.seconds is None))
