"""Which node a pending pod goes to, or why to none, in the default scheduler's words."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from mockcloud.controllers.objects.nodes import Node
from mockcloud.controllers.objects.pods import Pod
from mockcloud.controllers.scheduler.filters import Cluster, Refusal, domains, refusal
from mockcloud.controllers.scheduler.preemption import Victims, candidate


@dataclass(frozen=True, slots=True)
class Placed:
    """Bind it there."""

    node: str


@dataclass(frozen=True, slots=True)
class Unplaced:
    """It has to wait; the message is that of the FailedScheduling event. With victims, for their leaving."""

    message: str
    victims: Victims | None = None


def pending(pod: Pod) -> bool:
    """Whether it is this scheduler's to place."""
    return not pod.node and pod.active and not pod.gated and pod.scheduler == "default-scheduler"


def place(pod: Pod, cluster: Cluster) -> Placed | Unplaced:
    """The fitting node that is preferred most, has the fewest pods of the owner, then of all; by name."""
    if not cluster.nodes:
        return Unplaced("no nodes available to schedule pods")
    if cluster.mounts.refusal:
        # No node was looked at, nor is there one from which pods could go: upstream's words for it.
        return Unplaced(f"0/{len(cluster.nodes)} nodes are available: {cluster.mounts.refusal}. not found")
    refusals = {node.meta.name: refusal(pod, node, cluster) for node in cluster.nodes}
    fitting = [node for node in cluster.nodes if refusals[node.meta.name] is None]
    if fitting:
        return Placed(min(fitting, key=lambda node: _worth(pod, node, cluster)).meta.name)
    found = {name: reason for name, reason in refusals.items() if reason}
    return Unplaced(_failure(pod, found), candidate(pod, found, cluster))


def _worth(pod: Pod, node: Node, cluster: Cluster) -> tuple[int, int, int, int, str]:
    name, load = node.meta.name, cluster.load
    preferred = pod.affinity.weight(name, node.meta.labels) + _beside(pod, node, cluster)
    owner = pod.meta.controller or ""
    crowded = sum(
        domains(each, pod, cluster).get(node.meta.labels.get(each.topology, ""), 0)
        for each in pod.others.spread
    )
    return -preferred, crowded, load.of_owner[owner, name], load.number(name), name


def _beside(pod: Pod, node: Node, cluster: Cluster) -> int:
    """How much it is preferred for the pods in its domain."""
    worth = 0
    for weight, term in pod.others.preferred:
        here = node.meta.labels.get(term.topology)
        for where, other in cluster.load.everywhere():
            same = here is not None and cluster.domain(where, term.topology) == here
            if same and term.means(other.meta, cluster.namespaces):
                worth += weight
    return worth


def _failure(pod: Pod, refusals: Mapping[str, Refusal]) -> str:
    """For example: 0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. ..."""
    reasons = Counter(reason for each in refusals.values() for reason in each.reasons)
    head = f"0/{len(refusals)} nodes are available"
    if not pod.preempts:
        return f"{head}: {_counted(reasons)}. preemption: not eligible due to preemptionPolicy=Never."
    outlook = Counter(
        "Preemption is not helpful for scheduling"
        if each.final
        else "No preemption victims found for incoming pod"
        for each in refusals.values()
    )
    return f"{head}: {_counted(reasons)}. preemption: {head}: {_counted(outlook)}."


def _counted(reasons: Mapping[str, int]) -> str:
    return ", ".join(sorted(f"{number} {reason}" for reason, number in reasons.items()))
