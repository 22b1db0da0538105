"""NamespaceLifecycle: nothing is made in a namespace that is not there or ends, and some namespaces stay."""

from typing import Final

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.admission.chain import Mutating
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.core.namespace import NAMESPACE
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.storage.store import Store
from mockcloud.kube.writes import refusals

IMMORTAL: Final = ("default", "kube-system", "kube-public")


def namespace_lifecycle(store: Store) -> Mutating:
    """The member (upstream has it among those that mutate, so that it comes before all others)."""

    async def admit(write: Attributes) -> JsonObject:
        if write.operation is Operation.CREATE and write.kind.namespaced:
            require_open(store, write.kind, write.namespace, write.name)
        elif write.operation is Operation.DELETE and write.kind is NAMESPACE and write.name in IMMORTAL:
            raise refusals.forbidden(NAMESPACE, write.name, "this namespace may not be deleted")
        return write.object

    return admit


def require_open(store: Store, kind: Kind, namespace: str, name: str) -> None:
    """Whether the object may be made there now: 404 where the namespace is not there, 403 where it ends."""
    found = store.get(NAMESPACE.storage, ("", namespace))
    if found is None:
        raise refusals.not_found(NAMESPACE, namespace)
    if found.object["metadata"].get("deletionTimestamp"):
        why = f"unable to create new content in namespace {namespace} because it is being terminated"
        cause = {
            "reason": "NamespaceTerminating",
            "message": f"namespace {namespace} is being terminated",
            "field": "metadata.namespace",
        }
        raise refusals.forbidden(kind, name, why, [cause])
