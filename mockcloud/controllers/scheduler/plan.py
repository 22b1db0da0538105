"""Which node a pending pod goes to, or why to none, in the default scheduler's words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from mockcloud.controllers.objects.nodes import Node, Taint, selected
from mockcloud.controllers.objects.pods import HostPort, Pod

NOT_READY: Final = Taint("node.kubernetes.io/not-ready", "", "NoSchedule")
UNSCHEDULABLE: Final = Taint("node.kubernetes.io/unschedulable", "", "NoSchedule")
REPELLING: Final = frozenset({"NoSchedule", "NoExecute"})


class Why(StrEnum):
    """Why a node does not take a pod; the value is upstream's text, after the number of such nodes."""

    UNSCHEDULABLE = "node(s) were unschedulable"
    TAINT = "node(s) had untolerated taint {{{key}: {value}}}"
    SELECTOR = "node(s) didn't match Pod's node affinity/selector"
    PORTS = "node(s) didn't have free ports for the requested pod ports"


@dataclass(frozen=True, slots=True)
class Placed:
    """Bind it there."""

    node: str


@dataclass(frozen=True, slots=True)
class Unplaced:
    """It has to wait; the message is that of the FailedScheduling event."""

    message: str


@dataclass(slots=True)
class Load:
    """Pods on each node, those just bound included: of each owner, and in all."""

    of_owner: Counter[tuple[str, str]] = field(default_factory=Counter)  # (owner's uid, node)
    total: Counter[str] = field(default_factory=Counter)
    ports: dict[str, Counter[HostPort]] = field(default_factory=dict)  # taken of each node

    def add(self, pod: Pod, node: str, number: int = 1) -> None:
        """Count the pod on the node; with -1, take it off again."""
        self.total[node] += number
        for port in pod.host_ports:
            self.ports.setdefault(node, Counter())[port] += number
        if pod.meta.controller:
            self.of_owner[pod.meta.controller, node] += number

    def has_free(self, ports: Sequence[HostPort], node: str) -> bool:
        """Whether no pod there has one of these."""
        taken = [port for port, number in self.ports.get(node, {}).items() if number > 0]
        return not any(port.conflicts(other) for port in ports for other in taken)


def pending(pod: Pod) -> bool:
    """Whether it is this scheduler's to place."""
    return not pod.node and pod.active and not pod.gated and pod.scheduler == "default-scheduler"


def place(pod: Pod, nodes: Sequence[Node], load: Load) -> Placed | Unplaced:
    """The fitting node that is preferred most, has the fewest pods of the owner, then of all; by name."""
    if not nodes:
        return Unplaced("no nodes available to schedule pods")
    reasons = {node.meta.name: refusal(pod, node, load) for node in nodes}
    fitting = [node for node in nodes if reasons[node.meta.name] is None]
    if not fitting:
        return Unplaced(_failure({name: reason for name, reason in reasons.items() if reason}))
    owner = pod.meta.controller or ""

    def worth(node: Node) -> tuple[int, int, int, str]:
        name = node.meta.name
        preferred = pod.affinity.weight(name, node.meta.labels)
        return -preferred, load.of_owner[owner, name], load.total[name], name

    return Placed(min(fitting, key=worth).meta.name)


def refusal(pod: Pod, node: Node, load: Load) -> str | None:
    """Why the node does not take the pod (the first reason, in upstream's order); None where it does."""
    if node.unschedulable and not UNSCHEDULABLE.tolerated(pod.tolerations):
        return Why.UNSCHEDULABLE.value
    taints = node.taints if node.ready == "True" else (*node.taints, NOT_READY)
    for taint in taints:
        if taint.effect in REPELLING and not taint.tolerated(pod.tolerations):
            return Why.TAINT.value.format(key=taint.key, value=taint.value)
    if not selected(pod, node):
        return Why.SELECTOR.value
    return None if load.has_free(pod.host_ports, node.meta.name) else Why.PORTS.value


def _failure(reasons: Mapping[str, str]) -> str:
    """For example: 0/3 nodes are available: 1 node(s) were unschedulable, 2 ..."""
    total = len(reasons)
    said = ", ".join(sorted(f"{number} {reason}" for reason, number in Counter(reasons.values()).items()))
    head = f"0/{total} nodes are available"
    return f"{head}: {said}. preemption: {head}: {total} Preemption is not helpful for scheduling."
