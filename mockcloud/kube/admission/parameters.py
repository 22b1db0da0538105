"""The objects that a policy is asked with: `paramKind` of the policy, `paramRef` of its binding."""

from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.scheme import Scheme
from mockcloud.kube.resources.validation.metadata import selects
from mockcloud.kube.storage.store import Store


class BadParameters(Exception):
    """There are none to be had, and there have to be; `of_policy`: whatever the binding says."""

    def __init__(self, why: str, *, of_policy: bool = False) -> None:
        self.of_policy = of_policy
        super().__init__(why)


def params_of(
    policy: JsonObject, binding: JsonObject, namespace: str, store: Store, scheme: Scheme
) -> list[JsonObject | None]:
    """The objects that the policy is asked with, one after the other; [None]: it is asked without."""
    said, ref = policy.get("paramKind"), binding.get("paramRef")
    if not said:
        return [None]
    kind = _kind(said, scheme)
    if not ref:
        return [None]
    found = _found(kind, ref, _where(kind, ref, namespace), store)
    if not found and ref.get("parameterNotFoundAction") == "Deny":
        msg = "no params found for policy binding with `Deny` parameterNotFoundAction"
        raise BadParameters(msg)
    return [*found]


def _kind(said: JsonObject, scheme: Scheme) -> Kind:
    version, name = said.get("apiVersion") or "", said.get("kind") or ""
    for kind in scheme:
        if (kind.group_version, kind.kind) == (version, name):
            return kind
    shown = version if "/" in version else f"/{version}"
    msg = f"failed to find resource referenced by paramKind: '{shown}, Kind={name}'"
    raise BadParameters(msg, of_policy=True)


def _where(kind: Kind, ref: JsonObject, namespace: str) -> str:
    said = ref.get("namespace") or ""
    if not kind.namespaced:
        if said:
            msg = "paramRef.namespace must not be provided for a cluster-scoped `paramKind`"
            raise BadParameters(msg)
        return ""
    if not said and not namespace:
        msg = "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources"
        raise BadParameters(msg)
    return said or namespace


def _found(kind: Kind, ref: JsonObject, namespace: str, store: Store) -> list[JsonObject]:
    if ref.get("name"):
        one = store.get(kind.storage, (namespace, ref["name"]))
        return [kind.from_stored(one.object)] if one is not None else []
    objects = store.objects(kind.storage, namespace) if namespace else store.objects(kind.storage)
    selector = object_at(ref, "selector")
    return [
        kind.from_stored(each.object)
        for each in objects
        if selects(selector, object_at(each.object["metadata"], "labels"))
    ]
