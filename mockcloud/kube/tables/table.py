"""Which printer shows a kind: columns once, cells for each object.

Kubernetes always sends the wide columns, and kubectl hides those of priority 1. That is why an EXTERNAL-IP
is never cut short here: the server prints as for `-o wide`.
"""

from collections.abc import Mapping
from typing import Final

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.kinds import Kind
from mockcloud.kube.tables import cluster, data, network, pods, workloads
from mockcloud.kube.tables.cells import Cell, Printer

_PRINTERS: Final[Mapping[str, Printer]] = {
    "ConfigMap": data.CONFIG_MAP,
    "ControllerRevision": workloads.CONTROLLER_REVISION,
    "Deployment": workloads.DEPLOYMENT,
    "EndpointSlice": network.ENDPOINT_SLICE,
    "Endpoints": network.ENDPOINTS,
    "Event": cluster.EVENT,
    "Lease": cluster.LEASE,
    "Namespace": cluster.NAMESPACE,
    "Node": cluster.NODE,
    "PersistentVolumeClaim": data.CLAIM,
    "Pod": pods.POD,
    "ReplicaSet": workloads.REPLICA_SET,
    "Secret": data.SECRET,
    "Service": network.SERVICE,
    "ServiceAccount": data.SERVICE_ACCOUNT,
    "StatefulSet": workloads.STATEFUL_SET,
    "ServiceCIDR": network.SERVICE_CIDR,
}


def columns(kind: Kind) -> list[JsonObject]:
    """The column definitions of the kind's table."""
    return [column.definition() for column in _printer(kind).columns]


def cells(kind: Kind, obj: JsonObject, now: float) -> list[Cell]:
    """One row: the cells of a stored object at `now` (seconds since the epoch)."""
    return _printer(kind).row(obj, now)


def _printer(kind: Kind) -> Printer:
    return _PRINTERS.get(kind.kind, data.ANYTHING)
