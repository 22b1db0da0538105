"""Whom a pod of higher priority may drive out, as the scheduler's DefaultPreemption decides it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mockcloud.controllers.objects.nodes import Node
from mockcloud.controllers.objects.pods import Pod
from mockcloud.controllers.scheduler.filters import Cluster, Refusal, refusal


@dataclass(frozen=True, slots=True)
class Victims:
    """The pods to drive out of a node."""

    node: str
    pods: tuple[Pod, ...]


def candidate(pod: Pod, refusals: Mapping[str, Refusal], cluster: Cluster) -> Victims | None:
    """The node where it costs least; None where it would not help, or the pod may drive out nobody."""
    if not pod.preempts:
        return None
    nodes = (node for node in cluster.nodes if not refusals[node.meta.name].final)
    found = [victims for node in nodes if (victims := _victims(pod, node, cluster))]
    return min(found, key=_cost) if found else None


def _victims(pod: Pod, node: Node, cluster: Cluster) -> Victims | None:
    """As few as will do, of those that may go: the most important are spared first."""
    name = node.meta.name
    lower = {one.meta.key: one for one in cluster.load.pods(name) if one.priority < pod.priority}
    if not lower or not _fits(pod, node, cluster, lower):
        return None
    for one in sorted(lower.values(), key=_importance):
        fewer = {key: other for key, other in lower.items() if key != one.meta.key}
        if _fits(pod, node, cluster, fewer):
            lower = fewer
    return Victims(name, tuple(sorted(lower.values(), key=_importance))) if lower else None


def _fits(pod: Pod, node: Node, cluster: Cluster, gone: Mapping[tuple[str, str], Pod]) -> bool:
    return refusal(pod, node, replace(cluster, load=cluster.load.without(node.meta.name, gone))) is None


def _importance(pod: Pod) -> tuple[int, float, str]:
    """The most important first: higher priority, then the older."""
    return -pod.priority, pod.meta.created.timestamp(), pod.meta.name


def _cost(victims: Victims) -> tuple[int, int, int, float, str]:
    """Lowest highest priority, least in all, fewest, and of those that began last; by name."""
    priorities = [pod.priority for pod in victims.pods]
    highest = max(priorities)
    oldest = min(pod.meta.created.timestamp() for pod in victims.pods if pod.priority == highest)
    return highest, sum(priorities), len(victims.pods), -oldest, victims.node
