"""From a POSTed body to the stored object: what the server sets, and what it takes from no client."""

from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.kinds import Kind

_SERVER_SET: Final = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "managedFields",
    "selfLink",
)
CLAIM_PROTECTION: Final = "kubernetes.io/pvc-protection"


def prepared(kind: Kind, body: JsonObject, namespace: str, name: str) -> JsonObject:
    """The body under its name, without what only the server may set; the kind's own first state added."""
    given = object_at(body, "metadata").items()
    metadata = {name: value for name, value in given if name not in _SERVER_SET and value not in ({}, [])}
    # In this order: lists cut the first two off the stored text.
    obj = {"apiVersion": kind.group_version, "kind": kind.kind, **body, "metadata": metadata}
    obj |= {"apiVersion": kind.group_version, "kind": kind.kind}
    if name:
        metadata["name"] = name
    if kind.namespaced:
        metadata["namespace"] = namespace
    if kind.has_generation:
        metadata["generation"] = 1
    _begin(kind, obj)
    return obj


def born(obj: JsonObject, uid: str, now: str) -> JsonObject:
    """The object with its identity."""
    metadata = {**obj["metadata"], "uid": uid, "creationTimestamp": now}
    return {**obj, "metadata": metadata}


def _begin(kind: Kind, obj: JsonObject) -> None:
    """The kind's own first state."""
    match kind.kind:
        case "Node":
            pass  # a node agent registers its node with a status at once
        case "Namespace":
            _begin_namespace(obj)
        case "PersistentVolumeClaim":
            held = obj["metadata"].get("finalizers") or []  # its controller lets it go when no pod uses it
            obj["metadata"]["finalizers"] = [*held, *({CLAIM_PROTECTION} - set(held))]
            obj["status"] = {}
        case "Pod":
            obj["status"] = {"phase": "Pending", "qosClass": quality_of_service(object_at(obj, "spec"))}
        case _ if kind.has_status:
            obj["status"] = {"loadBalancer": {}} if kind.kind == "Service" else {}
        case _:
            pass


def _begin_namespace(obj: JsonObject) -> None:
    obj["spec"] = {**object_at(obj, "spec"), "finalizers": ["kubernetes"]}
    obj["status"] = {"phase": "Active"}


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
