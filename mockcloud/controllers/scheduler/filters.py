"""Why a node does not take a pod, in the words and the order of the default scheduler's plugins. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from mockcloud.controllers.objects.demands import PODS
from mockcloud.controllers.objects.nodes import Node, Taint, selected
from mockcloud.controllers.objects.pod_affinity import Labels, PodTerm, Spread
from mockcloud.controllers.objects.pods import Pod
from mockcloud.controllers.scheduler.load import Load
from mockcloud.controllers.scheduler.volumes import NO_MOUNTS, Mounts

NOT_READY: Final = Taint("node.kubernetes.io/not-ready", "", "NoSchedule")
UNSCHEDULABLE: Final = Taint("node.kubernetes.io/unschedulable", "", "NoSchedule")
REPELLING: Final = frozenset({"NoSchedule", "NoExecute"})


class Why(StrEnum):
    """Why a node does not take a pod; the value is upstream's text, after the number of such nodes."""

    UNSCHEDULABLE = "node(s) were unschedulable"
    TAINT = "node(s) had untolerated taint {{{key}: {value}}}"
    SELECTOR = "node(s) didn't match Pod's node affinity/selector"
    PORTS = "node(s) didn't have free ports for the requested pod ports"
    PODS = "Too many pods"
    RESOURCE = "Insufficient {name}"
    NO_DOMAIN = "node(s) didn't match pod topology spread constraints (missing required label)"
    SPREAD = "node(s) didn't match pod topology spread constraints"
    NEAR = "node(s) didn't match pod affinity rules"
    APART = "node(s) didn't match pod anti-affinity rules"
    NOT_BESIDE = "node(s) didn't satisfy existing pods anti-affinity rules"


@dataclass(frozen=True, slots=True)
class Refusal:
    """All reasons of one node; `final` where it would not take the pod with fewer others on it either."""

    reasons: tuple[str, ...]
    final: bool


@dataclass(frozen=True, slots=True)
class Cluster:
    """What a decision looks at beside the pod: nodes, what is on them, namespaces' labels, its volumes."""

    nodes: Sequence[Node]
    load: Load
    namespaces: Mapping[str, Labels] = field(default_factory=dict)
    mounts: Mounts = NO_MOUNTS

    def domain(self, node: str, topology: str) -> str | None:
        """The value of the node's label."""
        return next((one.meta.labels.get(topology) for one in self.nodes if one.meta.name == node), None)


def refusal(pod: Pod, node: Node, cluster: Cluster) -> Refusal | None:
    """Why the node does not take the pod; None where it does. The first plugin that refuses says it."""
    if reason := _by_itself(pod, node):
        return Refusal((reason,), final=True)
    load = cluster.load
    if not load.has_free(pod.host_ports, node.meta.name):
        return Refusal((Why.PORTS.value,), final=False)
    if reasons := tuple(_lacking(pod, node, load)):
        return Refusal(reasons, final=_never_fits(pod, node))
    if far := cluster.mounts.refused_by(node, {one.meta.name: one for one in cluster.nodes}):
        return Refusal((far.value,), final=True)
    return _by_others(pod, node, cluster)


def _by_itself(pod: Pod, node: Node) -> str | None:
    if node.unschedulable and not UNSCHEDULABLE.tolerated(pod.tolerations):
        return Why.UNSCHEDULABLE.value
    taints = node.taints if node.ready == "True" else (*node.taints, NOT_READY)
    for taint in taints:
        if taint.effect in REPELLING and not taint.tolerated(pod.tolerations):
            return Why.TAINT.value.format(key=taint.key, value=taint.value)
    return None if selected(pod, node) else Why.SELECTOR.value


def _lacking(pod: Pod, node: Node, load: Load) -> Iterator[str]:
    """NodeResourcesFit: each resource that the node has too little of; nothing where a node says of none."""
    there = load.requested.get(node.meta.name, Counter[str]())
    kept = load.kept_for(pod, node.meta.name)
    room = node.allocatable
    if PODS in room and load.number(node.meta.name) + len(kept) + 1 > room[PODS]:
        yield Why.PODS.value
    for name, amount in pod.demands.items():
        used = there[name] + sum(other.demands.get(name, 0) for other in kept)
        if room and amount and used + amount > room.get(name, 0):
            yield Why.RESOURCE.value.format(name=name)


def _never_fits(pod: Pod, node: Node) -> bool:
    return any(amount > node.allocatable.get(name, 0) for name, amount in pod.demands.items())


def _by_others(pod: Pod, node: Node, cluster: Cluster) -> Refusal | None:
    for spread in pod.others.spread:
        if spread.required and (reason := _uneven(spread, pod, node, cluster)):
            return Refusal((reason.value,), final=reason is Why.NO_DOMAIN)
    if not all(_near(term, pod, node, cluster) for term in pod.others.near):
        return Refusal((Why.NEAR.value,), final=True)
    if any(_has(term, node, cluster) for term in pod.others.apart):
        return Refusal((Why.APART.value,), final=False)
    if _shut_out(pod, node, cluster):
        return Refusal((Why.NOT_BESIDE.value,), final=False)
    return None


def _has(term: PodTerm, node: Node, cluster: Cluster) -> bool:
    """Whether a pod that the term means is in the node's domain."""
    here = node.meta.labels.get(term.topology)
    return here is not None and any(
        term.means(other.meta, cluster.namespaces) and cluster.domain(where, term.topology) == here
        for where, other in cluster.load.everywhere()
    )


def _near(term: PodTerm, pod: Pod, node: Node, cluster: Cluster) -> bool:
    if term.topology not in node.meta.labels:
        return False
    if _has(term, node, cluster):
        return True
    # The first of a group that wants to be together may go anywhere.
    anywhere = any(term.means(other.meta, cluster.namespaces) for _, other in cluster.load.everywhere())
    return not anywhere and term.means(pod.meta, cluster.namespaces)


def _shut_out(pod: Pod, node: Node, cluster: Cluster) -> bool:
    """Whether a pod that is there already wants to be apart from this one."""
    for where, other in cluster.load.everywhere():
        for term in other.others.apart:
            here = node.meta.labels.get(term.topology)
            same = here is not None and cluster.domain(where, term.topology) == here
            if same and term.means(pod.meta, cluster.namespaces):
                return True
    return False


def _uneven(spread: Spread, pod: Pod, node: Node, cluster: Cluster) -> Why | None:
    here = node.meta.labels.get(spread.topology)
    if here is None:
        return Why.NO_DOMAIN
    counts = domains(spread, pod, cluster)
    itself = 1 if spread.selector.matches(pod.meta.labels) else 0
    fewest = min(counts.values()) if len(counts) >= spread.least_domains else 0
    return Why.SPREAD if counts[here] + itself - fewest > spread.most else None


def domains(spread: Spread, pod: Pod, cluster: Cluster) -> dict[str, int]:
    """How many pods that the constraint means are in each domain that the pod may go to."""
    counts = {domain: 0 for domain in _eligible(spread, pod, cluster.nodes)}
    for where, other in cluster.load.everywhere():
        domain = cluster.domain(where, spread.topology)
        same = other.meta.namespace == pod.meta.namespace and not other.meta.deleting
        if domain in counts and same and spread.selector.matches(other.meta.labels):
            counts[domain] += 1
    return counts


def _eligible(spread: Spread, pod: Pod, nodes: Sequence[Node]) -> Iterable[str]:
    for node in nodes:
        domain = node.meta.labels.get(spread.topology)
        if domain is not None and selected(pod, node):
            yield domain
