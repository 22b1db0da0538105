"""The tables of what the cluster is made of and what happens in it: Nodes, Namespaces, Leases, Events."""

from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.tables.cells import NONE, UNKNOWN, Cell, Column, Printer, age, name_of, since, texts, wide

ROLE_PREFIX: Final = "node-role.kubernetes.io/"
ROLE_LABEL: Final = "kubernetes.io/role"


def _node(node: JsonObject, now: float) -> list[Cell]:
    info = object_at(object_at(node, "status"), "nodeInfo")
    return [
        name_of(node),
        _node_status(node),
        ",".join(_roles(node)) or NONE,
        age(node, now),
        str(info.get("kubeletVersion") or ""),
        _address(node, "InternalIP"),
        _address(node, "ExternalIP"),
        info.get("osImage") or UNKNOWN,
        info.get("kernelVersion") or UNKNOWN,
        info.get("containerRuntimeVersion") or UNKNOWN,
    ]


def _node_status(node: JsonObject) -> str:
    conditions = objects_at(object_at(node, "status"), "conditions")
    ready = [c.get("status") == "True" for c in conditions if c.get("type") == "Ready"]
    words = [("Ready" if ready[-1] else "NotReady") if ready else "Unknown"]
    if object_at(node, "spec").get("unschedulable"):
        words.append("SchedulingDisabled")
    return ",".join(words)


def _roles(node: JsonObject) -> list[str]:
    labels = object_at(node["metadata"], "labels")
    roles = {label.removeprefix(ROLE_PREFIX) for label in labels if label.startswith(ROLE_PREFIX)}
    return sorted((roles | {labels.get(ROLE_LABEL, "")}) - {""})


def _address(node: JsonObject, kind: str) -> str:
    addresses = objects_at(object_at(node, "status"), "addresses")
    return next((str(each.get("address")) for each in addresses if each.get("type") == kind), NONE)


def _namespace(namespace: JsonObject, now: float) -> list[Cell]:
    return [
        name_of(namespace),
        str(object_at(namespace, "status").get("phase") or ""),
        age(namespace, now),
    ]


def _lease(lease: JsonObject, now: float) -> list[Cell]:
    return [name_of(lease), str(object_at(lease, "spec").get("holderIdentity") or ""), age(lease, now)]


def _event(event: JsonObject, now: float) -> list[Cell]:
    involved, series = object_at(event, "involvedObject"), object_at(event, "series")
    first = since(event.get("firstTimestamp") or event.get("eventTime"), now)
    last = since(event["lastTimestamp"], now) if event.get("lastTimestamp") else first
    count = int(event.get("count") or 1)
    if series:
        last, count = since(series.get("lastObservedTime"), now), int(series.get("count") or 0)
    kind, name = str(involved.get("kind") or "").lower(), involved.get("name")
    return [
        last,
        str(event.get("type") or ""),
        str(event.get("reason") or ""),
        f"{kind}/{name}" if name else kind,
        str(involved.get("fieldPath") or ""),
        _source(event),
        str(event.get("message") or "").strip(),
        first,
        str(count),
        name_of(event),
    ]


def _source(event: JsonObject) -> str:
    source = object_at(event, "source")
    component = source.get("component") or event.get("reportingComponent") or ""
    instance = source.get("host") or event.get("reportingInstance") or ""
    return f"{component}, {instance}" if instance else str(component)


NODE: Final = Printer(
    (
        *texts("Name", "Status", "Roles", "Age", "Version"),
        *wide("Internal-IP", "External-IP", "OS-Image", "Kernel-Version", "Container-Runtime"),
    ),
    _node,
)
NAMESPACE: Final = Printer(texts("Name", "Status", "Age"), _namespace)
LEASE: Final = Printer(texts("Name", "Holder", "Age"), _lease)
EVENT: Final = Printer(
    (
        *texts("Last Seen", "Type", "Reason", "Object"),
        *wide("Subobject", "Source"),
        Column("Message"),
        *wide("First Seen", "Count", "Name"),
    ),
    _event,
)
