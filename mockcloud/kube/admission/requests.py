"""What is asked about a write: the request of an AdmissionReview, without its objects."""

from typing import Final

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.kind import Kind

_OPTIONS: Final = {
    Operation.CREATE: "CreateOptions",
    Operation.DELETE: "DeleteOptions",
    Operation.UPDATE: "UpdateOptions",
}


def request_of(write: Attributes, kind: Kind) -> JsonObject:
    """The write as one who sees it as of this version of its kind is told of it."""
    request: JsonObject = {
        "kind": _shown_kind(write, kind),
        "resource": _gvr(kind),
        "requestKind": _shown_kind(write, write.kind),
        "requestResource": _gvr(write.kind),
        "operation": write.operation.value,
        "userInfo": write.user.info(),
        "dryRun": write.dry_run,
        "options": _options(write),
    }
    if write.subresource:
        request |= {"subResource": write.subresource, "requestSubResource": write.subresource}
    named = {"name": write.name, "namespace": write.namespace}
    return {**request, **{key: text for key, text in named.items() if text}}


def shown(obj: JsonObject, kind: Kind, other: Kind) -> JsonObject:
    """An object of one version as another shows it."""
    return obj if kind == other or not obj else other.from_stored(kind.to_stored(obj))


def _shown_kind(write: Attributes, kind: Kind) -> JsonObject:
    """The kind of the object that is shown: of a connection it is that of its options."""
    if write.operation is not Operation.CONNECT:
        return {"group": kind.group, "version": kind.version, "kind": kind.kind}
    group, _, version = write.object["apiVersion"].rpartition("/")
    return {"group": group, "version": version, "kind": write.object["kind"]}


def _gvr(kind: Kind) -> JsonObject:
    return {"group": kind.group, "version": kind.version, "resource": kind.plural}


def _options(write: Attributes) -> JsonObject | None:
    name = _OPTIONS.get(write.operation)
    if name is None:
        return None
    dry_run = {"dryRun": ["All"]} if write.dry_run else {}
    return {"kind": name, "apiVersion": "meta.k8s.io/v1", **dry_run}
