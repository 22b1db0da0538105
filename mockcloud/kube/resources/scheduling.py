"""The kinds of the group scheduling.k8s.io: PriorityClasses."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from mockcloud.kube.field_errors import Cause, forbidden, not_supported
from mockcloud.kube.json_types import JsonObject, filled
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import Cell, Printer, age, integers, name_of, texts
from mockcloud.kube.resources.validation.metadata import immutable

SYSTEM: Final[Mapping[str, int]] = MappingProxyType(
    {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
)
"""The classes that every cluster has, with their values."""
RESERVED: Final = "system-"
HIGHEST_OF_USERS: Final = 1_000_000_000
POLICIES: Final = ("Never", "PreemptLowerPriority")


def priority_class_defaults(obj: JsonObject) -> JsonObject:
    """It may take another pod's place."""
    return filled({"value": 0, **obj}, preemptionPolicy="PreemptLowerPriority")


def priority_class_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """What begins with `system-`, and what is above a billion, is the cluster's own."""
    name, value = new["metadata"].get("name") or "", int(new.get("value") or 0)
    if name.startswith(RESERVED) and SYSTEM.get(name) != value:
        why = f"priority class names with '{RESERVED}' prefix are reserved for system use only. error: "
        why += "it is not a known system priority class with that value"
        yield forbidden("metadata.name", why)
    elif not name.startswith(RESERVED) and value > HIGHEST_OF_USERS:
        yield forbidden("value", f"maximum allowed value of a user defined priority is {HIGHEST_OF_USERS}")
    if new.get("preemptionPolicy") not in POLICIES:
        yield not_supported("preemptionPolicy", new.get("preemptionPolicy") or "", POLICIES)
    if old is not None:
        if value != int(old.get("value") or 0):
            yield forbidden("value", "may not be changed in an update.")
        yield from immutable("preemptionPolicy", new.get("preemptionPolicy"), old.get("preemptionPolicy"))


def _row(priority: JsonObject, now: float) -> list[Cell]:
    default = str(bool(priority.get("globalDefault"))).lower()
    policy = str(priority.get("preemptionPolicy"))
    return [name_of(priority), int(priority.get("value") or 0), default, age(priority, now), policy]


PRIORITY_CLASS: Final = Kind(
    "scheduling.k8s.io",
    "v1",
    "PriorityClass",
    "priorityclasses",
    ("pc",),
    namespaced=False,
    model="V1PriorityClass",
    has_generation=True,
    defaults=priority_class_defaults,
    validate=priority_class_problems,
    printer=Printer(
        (*texts("Name"), *integers("Value"), *texts("Global-Default", "Age", "PreemptionPolicy")), _row
    ),
)
