"""Pods: what they begin as, how they end, and what `kubectl get pods` is told of."""

from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.kind import Deletion, Kind, field_labels
from mockcloud.kube.resources.pods.columns import PRINTER
from mockcloud.kube.resources.pods.defaults import pod_defaults
from mockcloud.kube.resources.pods.validation import pod_problems

DEFAULT_GRACE: Final = 30
EPHEMERAL: Final = "ephemeralcontainers"


def _defaults(obj: JsonObject) -> JsonObject:
    return {**obj, "spec": pod_defaults(object_at(obj, "spec"))}


def _first_state(obj: JsonObject) -> JsonObject:
    return {**obj, "status": {"phase": "Pending", "qosClass": quality_of_service(object_at(obj, "spec"))}}


def quality_of_service(spec: JsonObject) -> str:
    """The pod's QoS class, from the CPU and memory its containers ask for."""
    containers = [*objects_at(spec, "containers"), *objects_at(spec, "initContainers")]
    asked = [object_at(container, "resources") for container in containers]
    if not any(_compute(resources, part) for resources in asked for part in ("requests", "limits")):
        return "BestEffort"
    return "Guaranteed" if all(_guaranteed(resources) for resources in asked) else "Burstable"


def _compute(resources: JsonObject, part: str) -> JsonObject:
    return {name: text for name, text in object_at(resources, part).items() if name in ("cpu", "memory")}


def _guaranteed(resources: JsonObject) -> bool:
    limits, requests = _compute(resources, "limits"), _compute(resources, "requests")
    return set(limits) == {"cpu", "memory"} and {**limits, **requests} == limits


def _prepare_update(part: JsonObject, old: JsonObject, subresource: str) -> JsonObject:
    """Ephemeral containers are written by their own subresource, and nothing else is."""
    spec, before = object_at(part, "spec"), object_at(old, "spec")
    if subresource == EPHEMERAL:
        return {**part, "spec": {**before, "ephemeralContainers": objects_at(spec, "ephemeralContainers")}}
    if before.get("ephemeralContainers"):
        return {**part, "spec": {**spec, "ephemeralContainers": before["ephemeralContainers"]}}
    return part


def _grace_seconds(obj: JsonObject, asked: int | None) -> int:
    """How long the node may take to stop the pod; 0 for one that runs nowhere."""
    spec = object_at(obj, "spec")
    if not spec.get("nodeName") or object_at(obj, "status").get("phase") in ("Succeeded", "Failed"):
        return 0
    if asked is not None:
        return asked if asked >= 0 else 1
    seconds = spec.get("terminationGracePeriodSeconds")
    return DEFAULT_GRACE if seconds is None else int(seconds)


POD: Final = Kind(
    "",
    "v1",
    "Pod",
    "pods",
    ("po",),
    categories=("all",),
    subresources=(
        "attach",
        "binding",
        "ephemeralcontainers",
        "eviction",
        "exec",
        "log",
        "portforward",
        "proxy",
        "status",
    ),
    field_labels=field_labels(
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork=false",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
    model="V1Pod",
    has_generation=True,
    returns_deleted=True,
    defaults=_defaults,
    validate=pod_problems,
    prepare_update=_prepare_update,
    first_state=_first_state,
    deletion=Deletion(grace_seconds=_grace_seconds, shows_end=True),
    printer=PRINTER,
)
