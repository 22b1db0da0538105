"""Where each kind lives in the API. Nouns only: what a kind means is its controllers' business."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Resource:
    """One collection of the API: `group_version` is "v1" or "apps/v1", `plural` the last part of its path."""

    group_version: str
    plural: str
    namespaced: bool = True

    def path(self, namespace: str | None, name: str | None = None, subresource: str | None = None) -> str:
        """The URL path of the collection, of one object in it, or of one object's subresource."""
        root = "/api/" if "/" not in self.group_version else "/apis/"
        parts = [root + self.group_version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts += [part for part in (self.plural, name, subresource) if part]
        return "/".join(parts)


CUSTOM_RESOURCE_DEFINITIONS: Final = Resource(
    "apiextensions.k8s.io/v1", "customresourcedefinitions", namespaced=False
)
CONFIG_MAPS: Final = Resource("v1", "configmaps")
ENDPOINTS: Final = Resource("v1", "endpoints")
EVENTS: Final = Resource("v1", "events")
NAMESPACES: Final = Resource("v1", "namespaces", namespaced=False)
NODES: Final = Resource("v1", "nodes", namespaced=False)
PERSISTENT_VOLUME_CLAIMS: Final = Resource("v1", "persistentvolumeclaims")
PERSISTENT_VOLUMES: Final = Resource("v1", "persistentvolumes", namespaced=False)
PODS: Final = Resource("v1", "pods")
REPLICATION_CONTROLLERS: Final = Resource("v1", "replicationcontrollers")
RESOURCE_QUOTAS: Final = Resource("v1", "resourcequotas")
SECRETS: Final = Resource("v1", "secrets")
SERVICES: Final = Resource("v1", "services")
SERVICE_ACCOUNTS: Final = Resource("v1", "serviceaccounts")
CONTROLLER_REVISIONS: Final = Resource("apps/v1", "controllerrevisions")
DAEMON_SETS: Final = Resource("apps/v1", "daemonsets")
DEPLOYMENTS: Final = Resource("apps/v1", "deployments")
REPLICA_SETS: Final = Resource("apps/v1", "replicasets")
STATEFUL_SETS: Final = Resource("apps/v1", "statefulsets")
HORIZONTAL_POD_AUTOSCALERS: Final = Resource("autoscaling/v2", "horizontalpodautoscalers")
CRON_JOBS: Final = Resource("batch/v1", "cronjobs")
JOBS: Final = Resource("batch/v1", "jobs")
LEASES: Final = Resource("coordination.k8s.io/v1", "leases")
ENDPOINT_SLICES: Final = Resource("discovery.k8s.io/v1", "endpointslices")
INGRESSES: Final = Resource("networking.k8s.io/v1", "ingresses")
INGRESS_CLASSES: Final = Resource("networking.k8s.io/v1", "ingressclasses", namespaced=False)
POD_METRICS: Final = Resource("metrics.k8s.io/v1beta1", "pods")
NETWORK_POLICIES: Final = Resource("networking.k8s.io/v1", "networkpolicies")
POD_DISRUPTION_BUDGETS: Final = Resource("policy/v1", "poddisruptionbudgets")
CLUSTER_ROLES: Final = Resource("rbac.authorization.k8s.io/v1", "clusterroles", namespaced=False)
STORAGE_CLASSES: Final = Resource("storage.k8s.io/v1", "storageclasses", namespaced=False)
