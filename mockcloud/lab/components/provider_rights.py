"""What baremetal-lb's daemons may in a lab's API: what its chart gives them, and a test holds that it is.

Their users are the lab's own, and so are the objects' names: the chart can be installed beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMESPACE: Final = "baremetal-lb-system"
STATUS_NAMESPACE: Final = "baremetal-lb-speakers"
CONTROLLER: Final = "system:baremetal-lb-controller"
SPEAKER: Final = "system:baremetal-lb-speaker"

_GROUP: Final = "rbac.authorization.k8s.io"
_LEASES: Final = "coordination.k8s.io"
_LEASE: Final = "baremetal-lb-controller"
_KEY: Final = "baremetal-lb-membership"


def _rule(group: str, resources: str, verbs: str, *names: str) -> dict[str, Any]:
    named = {"resourceNames": list(names)} if names else {}
    return {"apiGroups": [group], "resources": resources.split(), **named, "verbs": verbs.split()}


# By user, then by namespace ("": the whole cluster).
RULES: Final[dict[str, dict[str, list[dict[str, Any]]]]] = {
    CONTROLLER: {
        "": [
            _rule("", "services namespaces nodes", "list watch"),
            _rule("", "services/status", "patch"),
            _rule("", "namespaces", "get", STATUS_NAMESPACE),
            _rule("networking.k8s.io", "servicecidrs", "list watch"),
            _rule("", "events", "create"),
            _rule(_LEASES, "leases", "list watch", _LEASE),
        ],
        NAMESPACE: [
            _rule("", "configmaps", "list watch patch", "config"),
            _rule("", "secrets", "list watch", _KEY),
            _rule("", "secrets", "create"),
            _rule(_LEASES, "leases", "get update", _LEASE),
            _rule(_LEASES, "leases", "create"),
        ],
        STATUS_NAMESPACE: [_rule("", "configmaps", "list watch")],
    },
    SPEAKER: {
        "": [
            _rule("", "services", "list watch"),
            _rule("", "nodes", "get list watch"),
            _rule("discovery.k8s.io", "endpointslices", "list watch"),
            _rule("", "events", "create"),
        ],
        NAMESPACE: [
            _rule("", "configmaps", "list watch", "config"),
            _rule("", "secrets", "list watch", _KEY),
        ],
        STATUS_NAMESPACE: [_rule("", "configmaps", "list watch create update delete")],
    },
}


def objects() -> Iterator[dict[str, Any]]:
    """Roles, and their bindings to the users."""
    for user, places in RULES.items():
        name = f"mockcloud:{user.removeprefix('system:')}"
        for namespace, rules in places.items():
            metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
            kind = "Role" if namespace else "ClusterRole"
            head = {"apiVersion": f"{_GROUP}/v1", "metadata": metadata}
            yield {**head, "kind": kind, "rules": rules}
            reference = {"apiGroup": _GROUP, "kind": kind, "name": name}
            subject = {"apiGroup": _GROUP, "kind": "User", "name": user}
            yield {**head, "kind": f"{kind}Binding", "roleRef": reference, "subjects": [subject]}
