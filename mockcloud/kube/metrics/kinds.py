"""NodeMetrics and PodMetrics, and who may read them. Not among what is built in: nodes are needed."""

from dataclasses import replace
from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.printing import Cell, Column, Printer, name_of
from mockcloud.kube.resources.rbac import CLUSTER_ROLE, GROUP
from mockcloud.quotas.quantities import Quantity, parse_quantity

_GROUP: Final = "metrics.k8s.io"
_VERBS: Final = ("get", "list")
_COLUMNS: Final = (
    Column("Name"),
    Column("cpu", format="quantity"),
    Column("memory", format="quantity"),
    Column("Window", format="duration"),
)


def _row(measured: JsonObject, _now: float) -> list[Cell]:
    """Of a pod the sum of its containers."""
    parts = [object_at(each, "usage") for each in (objects_at(measured, "containers") or [measured])]
    sums = [
        str(sum((parse_quantity(part[name]) for part in parts), Quantity())) for name in ("cpu", "memory")
    ]
    return [name_of(measured), *sums, measured["window"]]


NODE_METRICS: Final = Kind(
    _GROUP,
    "v1beta1",
    "NodeMetrics",
    "nodes",
    namespaced=False,
    verbs=_VERBS,
    printer=Printer(_COLUMNS, _row),
)
POD_METRICS: Final = Kind(
    _GROUP,
    "v1beta1",
    "PodMetrics",
    "pods",
    verbs=_VERBS,
    printer=Printer(_COLUMNS, _row),
)
NO_NODE: Final = replace(NODE_METRICS, plural="nodemetrics")
NO_POD: Final = replace(POD_METRICS, plural="podmetrics")
"""As refusals name them: the group's own resources have names of the core's."""


def is_measured(kind: Kind) -> bool:
    """Whether its objects are figures, which nobody stores."""
    return kind is NODE_METRICS or kind is POD_METRICS


def reader_role() -> JsonObject:
    """Who may view, edit or administer a namespace may read its figures, as with metrics-server."""
    labels = {f"{GROUP}/aggregate-to-{role}": "true" for role in ("admin", "edit", "view")}
    return {
        "apiVersion": CLUSTER_ROLE.group_version,
        "kind": CLUSTER_ROLE.kind,
        "metadata": {"name": "system:aggregated-metrics-reader", "labels": labels},
        "rules": [{"apiGroups": [_GROUP], "resources": ["pods", "nodes"], "verbs": ["get", "list", "watch"]}],
    }
