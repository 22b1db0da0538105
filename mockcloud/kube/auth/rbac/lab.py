"""What the lab's own daemons may, beside what every cluster starts with.

Here one process is several of a real cluster's: a node's agent is its kubelet and its kube-proxy, and all
controllers and the scheduler share one. So an agent has the roles of both, and the controllers have one role,
with what they do (upstream's roles name some forty accounts). Tests hold that nothing is missing in it.
"""

from collections.abc import Sequence
from typing import Final

from mockcloud.cluster_defaults import INGRESS_NAME, INGRESS_NAMESPACE
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.rbac import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, GROUP

CLOUD_CONTROLLERS: Final = "system:cloud-controller-manager"
CONTROLLERS: Final = "system:controllers"
DNS: Final = "system:dns"
NODES: Final = "system:nodes"

_GARBAGE: Final = ("get", "list", "watch", "patch", "delete")


def _rule(group: str, resources: str, verbs: Sequence[str]) -> JsonObject:
    return {"apiGroups": [group], "resources": resources.split(), "verbs": list(verbs)}


_CONTROLLERS: Final = (
    # The garbage collector and the namespace controller have to do with objects of every kind.
    _rule("*", "*", _GARBAGE),
    _rule("", "configmaps endpoints persistentvolumeclaims pods serviceaccounts", ("create",)),
    _rule("", "persistentvolumes", ("create",)),
    _rule("storage.k8s.io", "storageclasses", ("create",)),
    _rule("", "pods/binding", ("create",)),
    _rule("", "events", ("create",)),
    _rule("", "endpoints namespaces/finalize", ("update",)),
    _rule("apps", "controllerrevisions replicasets", ("create",)),
    _rule("batch", "jobs", ("create",)),
    _rule("apps", "replicasets", ("update",)),
    _rule("discovery.k8s.io", "endpointslices", ("create", "update")),
    # The Ingress controller's pod, which comes with the first Ingress.
    _rule("", "namespaces services", ("create",)),
    _rule("apps", "deployments", ("create",)),
    _rule("networking.k8s.io", "ingressclasses", ("create",)),
    # Whoever gathers ClusterRoles grants by it what he does not have.
    _rule(GROUP, "clusterroles", ("escalate",)),
    {"nonResourceURLs": ["/version"], "verbs": ["get"]},
)
_DNS: Final = (
    _rule("", "services namespaces", ("list", "watch")),
    _rule("discovery.k8s.io", "endpointslices", ("list", "watch")),
)
_DNS_OWN: Final = (
    _rule("", "services", ("create",)),
    _rule("discovery.k8s.io", "endpointslices", ("create",)),
)
# The Ingress controller (mockcloud/ingress).
_INGRESS: Final = (
    _rule("", "services secrets", ("list", "watch")),
    _rule("discovery.k8s.io", "endpointslices", ("list", "watch")),
    _rule("networking.k8s.io", "ingresses ingressclasses", ("list", "watch")),
    _rule("networking.k8s.io", "ingresses/status", ("patch",)),
    _rule("", "events", ("create", "patch")),
)
# An agent is its node's network plugin, too: it enforces NetworkPolicies, which select namespaces.
_POLICIES: Final = (
    _rule("networking.k8s.io", "networkpolicies", ("list", "watch")),
    _rule("", "namespaces", ("list", "watch")),
)
# The cloud controller manager in the box (mockcloud/ccm).
_CLOUD_CONTROLLERS: Final = (
    _rule("", "services", ("get", "list", "watch")),
    _rule("", "services/status", ("patch",)),
    _rule("", "nodes", ("list", "watch", "patch", "delete")),
    _rule("", "nodes/status", ("patch",)),
    _rule("", "events", ("create", "patch")),
)
_CLOUD_CONTROLLERS_OWN: Final = (
    _rule("coordination.k8s.io", "leases", ("create",)),
    {
        **_rule("coordination.k8s.io", "leases", ("get", "update")),
        "resourceNames": ["cloud-controller-manager"],
    },
)


def lab_objects() -> list[JsonObject]:
    """Roles before the bindings that name them."""
    return [
        _role("mockcloud:cloud-controller-manager", _CLOUD_CONTROLLERS),
        {
            **_role("mockcloud:cloud-controller-manager", _CLOUD_CONTROLLERS_OWN, "kube-system"),
            "kind": "Role",
        },
        _role("mockcloud:controllers", _CONTROLLERS),
        _role("mockcloud:dns", _DNS),
        {**_role("mockcloud:dns", _DNS_OWN, "kube-system"), "kind": "Role"},
        _role("mockcloud:network-policies", _POLICIES),
        _binding("mockcloud:network-policies", "mockcloud:network-policies", "Group", NODES),
        _role("mockcloud:ingress", _INGRESS),
        _binding(
            "mockcloud:cloud-controller-manager",
            "mockcloud:cloud-controller-manager",
            "User",
            CLOUD_CONTROLLERS,
        ),
        _binding_in_kube_system("mockcloud:cloud-controller-manager", CLOUD_CONTROLLERS),
        _binding("mockcloud:controllers", "mockcloud:controllers", "User", CONTROLLERS),
        _binding("mockcloud:dns", "mockcloud:dns", "User", DNS),
        _binding_of_account("mockcloud:ingress", INGRESS_NAMESPACE, INGRESS_NAME),
        _binding("mockcloud:nodes", "system:node", "Group", NODES),
        _binding("mockcloud:node-proxies", "system:node-proxier", "Group", NODES),
        _binding_in_kube_system("mockcloud:dns", DNS),
    ]


def _role(name: str, rules: Sequence[JsonObject], namespace: str = "") -> JsonObject:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    head = {"apiVersion": CLUSTER_ROLE.group_version, "kind": CLUSTER_ROLE.kind}
    return {**head, "metadata": metadata, "rules": list(rules)}


def _binding(name: str, role: str, kind: str, subject: str) -> JsonObject:
    return {
        "apiVersion": CLUSTER_ROLE_BINDING.group_version,
        "kind": CLUSTER_ROLE_BINDING.kind,
        "metadata": {"name": name},
        "roleRef": {"apiGroup": GROUP, "kind": CLUSTER_ROLE.kind, "name": role},
        "subjects": [{"apiGroup": GROUP, "kind": kind, "name": subject}],
    }


def _binding_of_account(name: str, namespace: str, account: str) -> JsonObject:
    subject = {"kind": "ServiceAccount", "name": account, "namespace": namespace}
    return {**_binding(name, name, "ServiceAccount", account), "subjects": [subject]}


def _binding_in_kube_system(name: str, user: str) -> JsonObject:
    binding = _binding(name, name, "User", user)
    binding["metadata"]["namespace"] = "kube-system"
    return {**binding, "kind": "RoleBinding", "roleRef": {**binding["roleRef"], "kind": "Role"}}
