"""CSINodes: which drivers of volumes a node has."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, duplicate, invalid, required
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import Cell, Printer, age, integers, name_of, texts
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes
from mockcloud.kube.resources.validation.metadata import immutable
from mockcloud.kube.resources.validation.numbers import not_negative
from mockcloud.kube.resources.validation.volumes import driver_name

LONGEST_ID: Final = 256


def csi_node_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """Each driver once; what one says of the node stays while it is there."""
    drivers = objects_at(object_at(new, "spec"), "drivers")
    seen: set[str] = set()
    for index, driver in enumerate(drivers):
        at, name = f"spec.drivers[{index}]", driver.get("name") or ""
        yield from _driver(at, driver)
        if name in seen:
            yield duplicate(f"{at}.name", name)
        seen.add(name)
        yield from _topology(at, driver.get("topologyKeys") or [])
    if old is None:
        return
    for before in objects_at(object_at(old, "spec"), "drivers"):
        for driver in drivers:
            if driver.get("name") == before.get("name"):
                yield from immutable("spec.drivers", driver, before)


def _driver(at: str, driver: JsonObject) -> Iterator[Cause]:
    yield from driver_name(f"{at}.name", driver.get("name") or "")
    node = driver.get("nodeID") or ""
    if not node:
        yield required(f"{at}.nodeID")
    if len(node) > LONGEST_ID:
        yield invalid(f"{at}.nodeID", node, f"must be {LONGEST_ID} characters or less")
    yield from not_negative(f"{at}.allocatable.count", object_at(driver, "allocatable").get("count"))


def _topology(at: str, keys: list[str]) -> Iterator[Cause]:
    for index, key in enumerate(keys):
        if not key:
            yield required(at)
        if key in keys[:index]:
            yield duplicate(at, key)
        yield from causes(at, key, formats.qualified_name(key))


def _row(node: JsonObject, now: float) -> list[Cell]:
    return [name_of(node), len(objects_at(object_at(node, "spec"), "drivers")), age(node, now)]


CSI_NODE: Final = Kind(
    "storage.k8s.io",
    "v1",
    "CSINode",
    "csinodes",
    namespaced=False,
    model="V1CSINode",
    returns_deleted=True,
    unconditional_update=False,
    validate=csi_node_problems,
    printer=Printer((*texts("Name"), *integers("Drivers"), *texts("Age")), _row),
)
