"""What is wrong with a write, kind by kind. Objects have their defaults and their types are right."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.meaning.allocation.carry_over import carried_over
from mockcloud.kube.meaning.errors import Cause
from mockcloud.kube.meaning.rules import claims, cluster, cluster_ips, endpoints, pods, service, workloads
from mockcloud.kube.meaning.rules.metadata import metadata_problems

Rule = Callable[[JsonObject, JsonObject | None], Iterable[Cause]]


def problems(kind: str, new: JsonObject, old: JsonObject | None) -> list[Cause]:
    """Every cause to refuse the object, or the change from `old`, in upstream's order; [] where it is right.

    A Service may come before its addresses and ports are allocated.
    """
    if kind == "Service":
        return _service(new, old)
    rule = _RULES.get(kind)
    found = metadata_problems(kind, new, old)
    return found if rule is None else [*found, *rule(new, old)]


def _service(new: JsonObject, old: JsonObject | None) -> list[Cause]:
    new = carried_over(new, old)
    spec, before = object_at(new, "spec"), None if old is None else object_at(old, "spec")
    related = cluster_ips.related_problems(spec, before)
    if related:
        return related
    found = metadata_problems("Service", new, old)
    if old is not None and before is not None:
        found += [*cluster_ips.changes_refused(spec, before), *service.changes_refused(new, old)]
    return [*found, *service.spec_problems(new, old), *service.status_problems(new)]


_RULES: Final[Mapping[str, Rule]] = {
    "ConfigMap": cluster.config_map_problems,
    "ControllerRevision": workloads.controller_revision_problems,
    "DaemonSet": workloads.daemon_set_problems,
    "Deployment": workloads.deployment_problems,
    "EndpointSlice": endpoints.slice_problems,
    "Endpoints": endpoints.endpoints_problems,
    "Event": cluster.event_problems,
    "Lease": cluster.lease_problems,
    "Node": cluster.node_problems,
    "PersistentVolumeClaim": claims.claim_problems,
    "Pod": pods.pod_problems,
    "ReplicaSet": workloads.replica_set_problems,
    "Secret": cluster.secret_problems,
    "StatefulSet": workloads.stateful_set_problems,
}
