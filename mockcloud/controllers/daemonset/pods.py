"""The pods of a DaemonSet as they are to be made, and the nodes that they are for."""

from dataclasses import dataclass
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.adoption.plan import controller_reference
from mockcloud.controllers.daemonset.objects import DaemonSet
from mockcloud.controllers.history.objects import REVISION_LABEL
from mockcloud.controllers.objects.affinity import only, parse_node_affinity
from mockcloud.controllers.objects.nodes import Node
from mockcloud.controllers.objects.pods import toleration

# A daemon outlives its node's troubles (daemon/util AddOrUpdateDaemonPodTolerations).
TOLERATED: Final = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)
TOLERATED_BY_THE_NETWORK: Final = ("node.kubernetes.io/network-unavailable", "NoSchedule")


@dataclass(frozen=True, slots=True)
class Place:
    """Whether a node is to have a pod, and whether one that it has may stay."""

    wanted: bool
    kept: bool


def place(owner: DaemonSet, node: Node) -> Place:
    """By the template's node name, selector, affinity and tolerations, and the node's taints."""
    spec = owner.template["spec"]
    labels = node.meta.labels
    named = (spec.get("nodeName") or node.meta.name) == node.meta.name
    chosen = all(labels.get(key) == value for key, value in (spec.get("nodeSelector") or {}).items())
    if not (named and chosen and parse_node_affinity(spec).admits(node.meta.name, labels)):
        return Place(wanted=False, kept=False)
    tolerations = tuple(map(toleration, _tolerations(spec)))
    untolerated = {each.effect for each in node.taints if not each.tolerated(tolerations)}
    return Place(not untolerated & {"NoSchedule", "NoExecute"}, "NoExecute" not in untolerated)


def pod(owner: DaemonSet, mark: str, node: str) -> Object:
    """The pod for a node; the scheduler binds it there. `mark` is the hash of its revision."""
    metadata = owner.template.get("metadata") or {}
    handed_down = {key: metadata[key] for key in ("annotations", "finalizers") if metadata.get(key)}
    spec = owner.template["spec"]
    affinity = {**(spec.get("affinity") or {}), "nodeAffinity": _node_affinity(spec, node)}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            **handed_down,
            "generateName": f"{owner.meta.name}-",
            "namespace": owner.meta.namespace,
            "labels": {**(metadata.get("labels") or {}), REVISION_LABEL: mark},
            "ownerReferences": [controller_reference("apps/v1", "DaemonSet", owner.meta)],
        },
        "spec": {**spec, "affinity": affinity, "tolerations": _tolerations(spec)},
    }


def _node_affinity(spec: Object, node: str) -> Object:
    """What it prefers stays; what it requires is that node, which fulfils the template's terms."""
    return {**((spec.get("affinity") or {}).get("nodeAffinity") or {}), **only(node)}


def _tolerations(spec: Object) -> list[Object]:
    added = [*TOLERATED, *([TOLERATED_BY_THE_NETWORK] if spec.get("hostNetwork") else [])]
    wanted = [{"key": key, "operator": "Exists", "effect": effect} for key, effect in added]
    stated = [each for each in spec.get("tolerations") or () if each not in wanted]
    return [*stated, *wanted]
