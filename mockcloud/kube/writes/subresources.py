"""The parts of an object with a face of their own: `scale` of workloads, `binding` of pods."""

from typing import Any, Final

from mockcloud.kube.field_errors import invalid, required
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.core.replicationcontroller import REPLICATION_CONTROLLER
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.resources.printing import Cell, Printer, age, integers, name_of, selector_text, texts
from mockcloud.kube.writes import refusals

SCALE: Final = "Scale"


def _scale_row(scale: JsonObject, now: float) -> list[Cell]:
    wanted, there = (object_at(scale, part).get("replicas", 0) for part in ("spec", "status"))
    return [name_of(scale), wanted, there, age(scale, now)]


SCALE_KIND: Final = Kind(
    "autoscaling",
    "v1",
    SCALE,
    "scales",
    printer=Printer((*texts("Name"), *integers("Desired", "Available"), *texts("Age")), _scale_row),
)
BINDING: Final = "Binding"


def scale_of(kind: Kind, obj: JsonObject) -> JsonObject:
    """The autoscaling/v1 Scale of a workload, or of a custom kind that says where its numbers stand."""
    metadata, paths = obj["metadata"], kind.scale
    shown = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    replicas = _at(obj, paths.spec)
    if replicas is None:
        if kind.schema is not None:
            why = f'the spec replicas field ".{".".join(paths.spec)}" does not exist'
            raise refusals.Refusal(500, "InternalError", f"Internal error occurred: {why}")
        replicas = 1
    if paths.selector is None:
        selector = selector_text(_label_selector(kind, obj))
    else:
        selector = _at(obj, paths.selector) or ""
    return {
        "kind": SCALE,
        "apiVersion": "autoscaling/v1",
        "metadata": {name: metadata[name] for name in shown if name in metadata},
        "spec": {"replicas": replicas} if replicas else {},
        "status": {
            "replicas": _at(obj, paths.status) or 0,
            **({"selector": selector} if selector or kind.schema is None else {}),
        },
    }


def _label_selector(kind: Kind, obj: JsonObject) -> JsonObject:
    """What it selects; a ReplicationController names labels alone, as in the API's first version."""
    selector = object_at(object_at(obj, "spec"), "selector")
    return {"matchLabels": selector} if kind is REPLICATION_CONTROLLER else selector


def scaled(kind: Kind, obj: JsonObject, scale: JsonObject) -> JsonObject:
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
    return {**_with(obj, kind.scale.spec, replicas), "metadata": metadata}


def _at(obj: JsonObject, path: tuple[str, ...]) -> Any:  # noqa: ANN401 (any JSON)
    """The value at the path, None where there is none."""
    for name in path[:-1]:
        obj = object_at(obj, name)
    return obj.get(path[-1]) if path else None


def _with(obj: JsonObject, path: tuple[str, ...], value: object) -> JsonObject:
    if len(path) == 1:
        return {**obj, path[0]: value}
    return {**obj, path[0]: _with(object_at(obj, path[0]), path[1:], value)}


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
