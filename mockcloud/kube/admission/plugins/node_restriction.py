"""NodeRestriction: what a node's agent may write is its own: its node, its pods, its lease, their tokens."""

from collections.abc import Callable
from typing import Final

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.admission.chain import Validating
from mockcloud.kube.field_errors import quoted
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.coordination import LEASE
from mockcloud.kube.resources.core.node import NODE
from mockcloud.kube.resources.core.serviceaccount import SERVICE_ACCOUNT
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.storage.store import Store
from mockcloud.kube.writes import refusals

NODES: Final = "system:nodes"
USER: Final = "system:node:"
LEASES: Final = "kube-node-lease"
MIRROR: Final = "kubernetes.io/config.mirror"

Rule = Callable[[Attributes, str], str]
"""A write and the node that it is from -> why it may not be, "" where it may."""


def node_restriction(store: Store) -> Validating:
    """The member."""
    rules: dict[str, Rule] = {
        POD.kind: _pod,
        NODE.kind: _node,
        LEASE.kind: _lease,
        SERVICE_ACCOUNT.kind: lambda write, node: _token(store, write, node),
    }

    async def admit(write: Attributes) -> None:
        rule = rules.get(write.kind.kind)
        if rule is None or NODES not in write.user.groups:
            return
        if not write.user.name.startswith(USER):
            why = f"could not determine node from user {quoted(write.user.name)}"
        else:
            why = rule(write, write.user.name.removeprefix(USER))
        if why:
            raise refusals.forbidden(write.kind, write.name, why)

    return admit


def _pod(write: Attributes, node: str) -> str:
    if write.operation is Operation.CREATE and write.writes_all:
        return (
            f"pod does not have {quoted(MIRROR)} annotation, node {quoted(node)} can only create mirror pods"
        )
    own = object_at(write.old or {}, "spec").get("nodeName") == node
    if write.operation is Operation.DELETE:
        return "" if own else f"node {quoted(node)} can only delete pods with spec.nodeName set to itself"
    if write.subresource != "status":
        which = f'unexpected operation "UPDATE", node {quoted(node)} can only create and delete mirror pods'
        unknown = f"unexpected pod subresource {quoted(write.subresource)}"
        return which if write.writes_all else f"{unknown}, only 'status' and 'eviction' are allowed"
    if not own:
        return f"node {quoted(node)} can only update pod status for pods with spec.nodeName set to itself"
    if _of(write.object, "labels") != _of(write.old or {}, "labels"):
        return f"node {quoted(node)} cannot update labels through pod status"
    return ""


def _node(write: Attributes, node: str) -> str:
    if write.name != node:
        return f"node {quoted(node)} is not allowed to modify node {quoted(write.name)}"
    if write.operation is Operation.UPDATE and write.old is not None:
        if object_at(write.object, "spec").get("taints") != object_at(write.old, "spec").get("taints"):
            return f"node {quoted(node)} is not allowed to modify taints"
        if _of(write.object, "ownerReferences") != _of(write.old, "ownerReferences"):
            return f"node {quoted(node)} is not allowed to modify ownerReferences"
    return ""


def _lease(write: Attributes, node: str) -> str:
    if write.namespace != LEASES:
        return f"can only access leases in the {quoted(LEASES)} system namespace"
    if write.name != node:
        return "can only access node lease with the same name as the requesting node"
    return ""


def _token(store: Store, write: Attributes, node: str) -> str:
    """A token is for a pod that is on the node."""
    if write.subresource != "token":
        return ""
    reference = object_at(object_at(write.object, "spec"), "boundObjectRef")
    if reference.get("kind") != POD.kind or not reference.get("name"):
        return "node requested token not bound to a pod"
    if not reference.get("uid"):
        return "node requested token with a pod binding without a uid"
    pod = store.get(POD.storage, (write.namespace, reference["name"]))
    if pod is None:
        return ""  # which is found out by whoever makes the token
    if object_at(pod.object, "spec").get("nodeName") != node:
        return "node requested token bound to a pod scheduled on a different node"
    return _audience(write, pod.object)


def _audience(write: Attributes, pod: JsonObject) -> str:
    """A token is for whom one of the pod's volumes has it."""
    audiences = object_at(write.object, "spec").get("audiences") or [""]
    if len(audiences) > 1:
        return "node may only request 0 or 1 audiences"
    projected = (object_at(volume, "projected") for volume in objects_at(object_at(pod, "spec"), "volumes"))
    sources = (source for volume in projected for source in objects_at(volume, "sources"))
    tokens = (source["serviceAccountToken"] for source in sources if source.get("serviceAccountToken"))
    if any((token.get("audience") or "") == audiences[0] for token in tokens):
        return ""
    where = f"audience {quoted(audiences[0])} not found in pod spec volume"
    return f"{where}, {write.user.name} is not authorized to request tokens for this audience"


def _of(obj: JsonObject, part: str) -> object:
    """A part of the metadata; absent and empty are the same."""
    return object_at(obj, "metadata").get(part) or None
