"""The kinds of the group networking.k8s.io: ServiceCIDRs."""

from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.kind import READ_VERBS, Kind
from mockcloud.kube.resources.printing import Cell, Printer, age, name_of, texts


def _row(ranges: JsonObject, now: float) -> list[Cell]:
    return [name_of(ranges), ",".join(object_at(ranges, "spec").get("cidrs") or ()), age(ranges, now)]


# Read-only: the ranges are given at the start, and a real cluster's controller for more of them is not here.
SERVICE_CIDR: Final = Kind(
    "networking.k8s.io",
    "v1",
    "ServiceCIDR",
    "servicecidrs",
    namespaced=False,
    verbs=READ_VERBS,
    model="V1ServiceCIDR",
    printer=Printer(texts("Name", "CIDRs", "Age"), _row),
)
