"""Nodes."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, duplicate, forbidden, invalid, not_supported, required
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.kind import Kind, as_it_is, field_labels
from mockcloud.kube.resources.printing import NONE, UNKNOWN, Cell, Printer, age, name_of, texts, wide
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes, family_of

NO_NEW_CIDR: Final = 'node updates may not change podCIDR except from "" to valid'
NO_NEW_PROVIDER: Final = 'node updates may not change providerID except from "" to valid'
ROLE_PREFIX: Final = "node-role.kubernetes.io/"
ROLE_LABEL: Final = "kubernetes.io/role"


def node_defaults(obj: JsonObject) -> JsonObject:
    """A node without allocatable offers all its capacity; its one pod range is also the first of a list."""
    spec = object_at(obj, "spec")
    if spec.get("podCIDR") and not spec.get("podCIDRs"):
        obj = {**obj, "spec": {**spec, "podCIDRs": [spec["podCIDR"]]}}
    status = object_at(obj, "status")
    if status.get("capacity") and not status.get("allocatable"):
        status = {**status, "allocatable": status["capacity"]}
    return {**obj, "status": status}


def node_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """Taints are unique; pod ranges and the provider's id are set once."""
    spec = object_at(new, "spec")
    if old is None:
        yield from _pod_ranges(spec.get("podCIDRs") or [])
    else:
        before = object_at(old, "spec")
        if before.get("podCIDRs") and before["podCIDRs"] != spec.get("podCIDRs"):
            yield forbidden("spec.podCIDRs", NO_NEW_CIDR)
        if before.get("providerID") and before["providerID"] != spec.get("providerID"):
            yield forbidden("spec.providerID", NO_NEW_PROVIDER)
        addresses = objects_at(object_at(new, "status"), "addresses")
        for index, address in enumerate(addresses):
            if address in addresses[:index]:
                yield duplicate(f"status.addresses[{index}]", address)
    yield from _taints(objects_at(spec, "taints"))


def _pod_ranges(ranges: list[str]) -> Iterator[Cause]:
    for index, each in enumerate(ranges):
        yield from causes(f"spec.podCIDRs[{index}]", each, formats.network(each))
    if len({family_of(each) for each in ranges}) < len(ranges):
        yield invalid("spec.podCIDRs", ranges, "may specify no more than one CIDR for each IP family")


def _taints(taints: list[JsonObject]) -> Iterator[Cause]:
    effects = ("NoSchedule", "PreferNoSchedule", "NoExecute")
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(taints):
        at = f"metadata.taints[{index}]"  # spelled so upstream
        key, value, effect = (taint.get(name) or "" for name in ("key", "value", "effect"))
        yield from causes(f"{at}.key", key, formats.qualified_name(key))
        of_value = formats.label_value(value)
        if of_value:
            yield invalid(f"{at}.value", value, ";".join(of_value))
        if not effect:
            yield required(f"{at}.effect")
        elif effect not in effects:
            yield not_supported(f"{at}.effect", effect, effects)
        if (key, effect) in seen:
            found = duplicate(at, taint)
            yield Cause(at, found.reason, f"{found.message}: taints must be unique by key and effect pair")
        seen.add((key, effect))


def _row(node: JsonObject, now: float) -> list[Cell]:
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


NODE: Final = Kind(
    "",
    "v1",
    "Node",
    "nodes",
    ("no",),
    namespaced=False,
    subresources=("proxy", "status"),
    field_labels=field_labels("spec.unschedulable=false"),
    model="V1Node",
    defaults=node_defaults,
    validate=node_problems,
    first_state=as_it_is,  # a node agent registers its node with a status at once
    printer=Printer(
        (
            *texts("Name", "Status", "Roles", "Age", "Version"),
            *wide("Internal-IP", "External-IP", "OS-Image", "Kernel-Version", "Container-Runtime"),
        ),
        _row,
    ),
)
