"""CSIStorageCapacities: how much of a class a part of the cluster has left."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, invalid
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import NAME_AND_BIRTH
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes
from mockcloud.kube.resources.validation.metadata import immutable, label_selector
from mockcloud.quotas.quantities import count, parsed


def capacity_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """Of which class, and where; that never changes."""
    topology, name = object_at(new, "nodeTopology"), str(new.get("storageClassName") or "")
    yield from label_selector("nodeTopology", topology)
    yield from causes("storageClassName", name, formats.dns_1123_subdomain(name))
    left = parsed({"capacity": new.get("capacity")}).get("capacity")
    if left is not None and left < count(0):
        yield invalid("capacity", str(left), "must be greater than or equal to 0")
    if old is not None:
        yield from immutable("nodeTopology", new.get("nodeTopology"), old.get("nodeTopology"))
        yield from immutable("storageClassName", name, old.get("storageClassName"))


CSI_STORAGE_CAPACITY: Final = Kind(
    "storage.k8s.io",
    "v1",
    "CSIStorageCapacity",
    "csistoragecapacities",
    model="V1CSIStorageCapacity",
    unconditional_update=False,
    validate=capacity_problems,
    printer=NAME_AND_BIRTH,
)
