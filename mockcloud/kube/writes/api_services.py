"""APIServices of what this API serves itself: those of built-in groups, and of CustomResourceDefinitions.

Source: kubernetes v1.34 `pkg/controlplane/apiserver/aggregator.go`, `cmd/kube-apiserver/app/aggregator.go`,
`pkg/controlplane/controller/crdregistration`.
"""

from collections.abc import Iterable
from typing import Final

from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.apiregistration import API_SERVICE

AUTOMANAGED: Final = "kube-aggregator.kubernetes.io/automanaged"
"""The label of those that are kept by the API: "onstart" until somebody deletes it, "true" always."""
PRIORITIES: Final[dict[str, tuple[int, int]]] = {
    "v1": (18_000, 1),
    "apps/v1": (17_800, 15),
    "events.k8s.io/v1": (17_750, 15),
    "authentication.k8s.io/v1": (17_700, 15),
    "authorization.k8s.io/v1": (17_600, 15),
    "autoscaling/v1": (17_500, 15),
    "autoscaling/v2": (17_500, 30),
    "batch/v1": (17_400, 15),
    "certificates.k8s.io/v1": (17_300, 15),
    "networking.k8s.io/v1": (17_200, 15),
    "policy/v1": (17_100, 15),
    "rbac.authorization.k8s.io/v1": (17_000, 15),
    "storage.k8s.io/v1": (16_800, 15),
    "apiextensions.k8s.io/v1": (16_700, 15),
    "admissionregistration.k8s.io/v1": (16_700, 15),
    "scheduling.k8s.io/v1": (16_600, 15),
    "coordination.k8s.io/v1": (16_500, 15),
    "node.k8s.io/v1": (16_300, 15),
    "discovery.k8s.io/v1": (16_200, 15),
    "flowcontrol.apiserver.k8s.io/v1": (16_100, 21),
}
"""Group version -> (groupPriorityMinimum, versionPriority), for built-in groups."""
METRICS: Final = "metrics.k8s.io/v1beta1"
METRICS_PRIORITIES: Final = (100, 100)  # as in metrics-server's manifest
CUSTOM: Final = (1_000, 100)


def name_of(group_version: str) -> str:
    """`v1.apps` of `apps/v1`; `v1.` of `v1`."""
    group, _, version = group_version.rpartition("/")
    return f"{version}.{group}"


def built_in() -> list[JsonObject]:
    """Those that a cluster starts with."""
    return [_service(each, "onstart", priorities) for each, priorities in PRIORITIES.items()]


def measured() -> JsonObject:
    """That of the figures of nodes and pods. Whoever has a server of his own for them may write another."""
    return _service(METRICS, "onstart", METRICS_PRIORITIES)


def custom(group_versions: Iterable[str]) -> dict[str, JsonObject]:
    """By name those of group versions that CustomResourceDefinitions brought."""
    return {name_of(each): _service(each, "true", CUSTOM) for each in group_versions}


def _service(group_version: str, kept: str, priorities: tuple[int, int]) -> JsonObject:
    group, _, version = group_version.rpartition("/")
    spec: JsonObject = {
        "version": version,
        "groupPriorityMinimum": priorities[0],
        "versionPriority": priorities[1],
    }
    return {
        "apiVersion": API_SERVICE.group_version,
        "kind": API_SERVICE.kind,
        "metadata": {"name": name_of(group_version), "labels": {AUTOMANAGED: kept}},
        "spec": {**({"group": group} if group else {}), **spec},
    }


def is_kept(service: JsonObject) -> bool:
    """Whether the API keeps it in step with the definitions."""
    return object_at(service["metadata"], "labels").get(AUTOMANAGED) == "true"
