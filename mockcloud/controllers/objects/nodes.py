"""A Node as the controllers see it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.demands import Amounts, amounts
from mockcloud.controllers.objects.metadata import Meta, parse_meta
from mockcloud.controllers.objects.pods import Pod, Toleration
from mockcloud.labels import ZONE


@dataclass(frozen=True, slots=True)
class Taint:
    """One entry of spec.taints."""

    key: str
    value: str
    effect: str

    def tolerated(self, tolerations: tuple[Toleration, ...]) -> bool:
        """Whether one of a pod's tolerations covers it."""
        return any(self._covered(each) for each in tolerations)

    def _covered(self, by: Toleration) -> bool:
        if by.effect and by.effect != self.effect:
            return False
        if by.key and by.key != self.key:
            return False
        return by.operator == "Exists" or (bool(by.key) and by.value == self.value)


def tolerated_seconds(tolerations: Sequence[Toleration], taints: Sequence[Taint]) -> float | None:
    """How long all of the taints are tolerated together: None for ever, 0 where one is not."""
    seconds: list[float] = []
    for taint in taints:
        matching = [each for each in tolerations if taint.tolerated((each,))]
        if not matching:
            return 0.0
        seconds += [max(0.0, float(each.seconds)) for each in matching if each.seconds is not None]
    return min(seconds, default=None)


@dataclass(frozen=True, slots=True)
class Node:
    """Where pods may go, and how it says it is."""

    meta: Meta
    ready: str  # the Ready condition's status: "True", "False", "Unknown"; "" where it has none
    ready_reason: str
    unschedulable: bool
    taints: tuple[Taint, ...]
    allocatable: Amounts = field(default_factory=dict)

    @property
    def zone(self) -> str:
        """Its failure domain, "" where it has none."""
        return self.meta.labels.get(ZONE, "")


def parse_node(obj: Object) -> Node:
    """From a core/v1 Node."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    ready = next((each for each in status.get("conditions") or () if each["type"] == "Ready"), None) or {}
    taints = tuple(
        Taint(each["key"], each.get("value") or "", each["effect"]) for each in spec.get("taints") or ()
    )
    return Node(
        parse_meta(obj),
        ready.get("status") or "",
        ready.get("reason") or "",
        bool(spec.get("unschedulable")),
        taints,
        amounts(status.get("allocatable") or {}),
    )


def selected(pod: Pod, node: Node) -> bool:
    """Whether the pod's node selector and required node affinity select the node."""
    labels = node.meta.labels
    chosen = all(labels.get(key) == value for key, value in pod.node_selector)
    return chosen and pod.affinity.admits(node.meta.name, labels)
