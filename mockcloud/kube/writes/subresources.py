"""The parts of an object with a face of their own: `scale` of workloads, `binding` of pods."""

from typing import Final

from mockcloud.kube.field_errors import invalid, required
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.core.replicationcontroller import REPLICATION_CONTROLLER
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.resources.printing import selector_text
from mockcloud.kube.writes import refusals

SCALE: Final = "Scale"
BINDING: Final = "Binding"


def scale_of(obj: JsonObject) -> JsonObject:
    """The autoscaling/v1 Scale of a workload."""
    metadata, spec, status = obj["metadata"], object_at(obj, "spec"), object_at(obj, "status")
    shown = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    replicas = spec.get("replicas", 1)
    return {
        "kind": SCALE,
        "apiVersion": "autoscaling/v1",
        "metadata": {name: metadata[name] for name in shown if name in metadata},
        "spec": {"replicas": replicas} if replicas else {},
        "status": {
            "replicas": status.get("replicas", 0),
            "selector": selector_text(_label_selector(obj)),
        },
    }


def _label_selector(obj: JsonObject) -> JsonObject:
    """What it selects; a ReplicationController names labels alone, as in the API's first version."""
    selector = object_at(object_at(obj, "spec"), "selector")
    return {"matchLabels": selector} if obj["kind"] == REPLICATION_CONTROLLER.kind else selector


def scaled(obj: JsonObject, scale: JsonObject) -> JsonObject:
    """The workload with the Scale's number of replicas, and the version that the Scale was based on."""
    replicas = object_at(scale, "spec").get("replicas", 0)
    name, given_name = obj["metadata"]["name"], object_at(scale, "metadata").get("name") or ""
    if given_name not in ("", name):
        msg = f"the name of the object ({given_name}) does not match the name on the URL ({name})"
        raise refusals.bad_request(msg)
    if isinstance(replicas, bool) or not isinstance(replicas, int) or replicas < 0:
        cause = invalid("spec.replicas", replicas, "must be greater than or equal to 0")
        raise refusals.invalid(SCALE, "autoscaling", name, [cause])
    metadata = {**obj["metadata"]}
    given = object_at(scale, "metadata")
    metadata.update({field: given[field] for field in ("resourceVersion", "uid") if given.get(field)})
    return {**obj, "metadata": metadata, "spec": {**obj["spec"], "replicas": replicas}}


def bound(pod: JsonObject, binding: JsonObject, now: str) -> JsonObject:
    """The pod on the binding's node; 409 where it is on one already."""
    name = pod["metadata"]["name"]
    target = object_at(binding, "target").get("name")
    if not target:
        raise refusals.invalid(BINDING, "", name, [required("target.name")])
    node = object_at(pod, "spec").get("nodeName")
    if node:
        raise refusals.conflict(POD, name, f'pod {name} is already assigned to node "{node}"')
    if pod["metadata"].get("deletionTimestamp"):
        raise refusals.conflict(POD, name, f"pod {name} is being deleted, cannot be assigned to a host")
    scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": now}
    status = object_at(pod, "status")
    others = [
        condition for condition in objects_at(status, "conditions") if condition.get("type") != "PodScheduled"
    ]
    return {
        **pod,
        "spec": {**pod["spec"], "nodeName": target},
        "status": {**status, "conditions": [*others, scheduled]},
    }
