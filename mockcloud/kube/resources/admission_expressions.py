"""Expressions in CEL about writes: conditions of webhooks, and admission policies. What they see of a write.

Source: k8s.io/apiserver v0.34 `pkg/admission/plugin/cel`.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from mockcloud.kube.resources.cel.errors import CompileError
from mockcloud.kube.resources.cel.programs import Program, compiled
from mockcloud.kube.resources.cel.types import (
    BOOL,
    DYN,
    INT,
    STRING,
    TIMESTAMP,
    Type,
    declared,
    list_of,
    map_of,
    type_named,
)

REQUESTED: Final = "authorizer.requestResource"
VARIABLES: Final = "variables"
_PLACE: Final = {"group": STRING, "version": STRING}
_KIND: Final = declared("kubernetes.GroupVersionKind", {**_PLACE, "kind": STRING})
_RESOURCE: Final = declared("kubernetes.GroupVersionResource", {**_PLACE, "resource": STRING})
_USER: Final = declared(
    "kubernetes.UserInfo",
    {
        "username": STRING,
        "uid": STRING,
        "groups": list_of(STRING),
        "extra": map_of(STRING, list_of(STRING)),
    },
)
REQUEST: Final = declared(
    "kubernetes.AdmissionRequest",
    {
        "kind": _KIND,
        "resource": _RESOURCE,
        "subResource": STRING,
        "requestKind": _KIND,
        "requestResource": _RESOURCE,
        "requestSubResource": STRING,
        "name": STRING,
        "namespace": STRING,
        "operation": STRING,
        "userInfo": _USER,
        "dryRun": BOOL,
        "options": DYN,
    },
)
_TEXTS: Final = map_of(STRING, STRING)
_CONDITION: Final = declared(
    "kubernetes.NamespaceCondition",
    {"status": STRING, "type": STRING, "lastTransitionTime": TIMESTAMP, "message": STRING, "reason": STRING},
)
NAMESPACE: Final = declared(
    "kubernetes.Namespace",
    {
        "metadata": declared(
            "kubernetes.NamespaceMetadata",
            {
                **dict.fromkeys(("name", "generateName", "namespace", "UID", "resourceVersion"), STRING),
                **dict.fromkeys(("creationTimestamp", "deletionTimestamp"), TIMESTAMP),
                **dict.fromkeys(("deletionGracePeriodSeconds", "generation"), INT),
                "labels": _TEXTS,
                "annotations": _TEXTS,
                "finalizers": list_of(STRING),
            },
        ),
        "spec": declared("kubernetes.NamespaceSpec", {"finalizers": list_of(STRING)}),
        "status": declared(
            "kubernetes.NamespaceStatus", {"conditions": list_of(_CONDITION), "phase": STRING}
        ),
    },
)


class BadExpression(Exception):
    """An expression is none, or of a type that has no place there."""


def variables(
    *, params: bool, authorizer: bool = True, made: Mapping[str, Type] | None = None
) -> dict[str, Type]:
    """The types of what an expression may look at; `made` are the variables of a policy."""
    found: dict[str, Type] = {
        "object": DYN,
        "oldObject": DYN,
        "namespaceObject": NAMESPACE,
        "request": REQUEST,
    }
    if params:
        found["params"] = DYN
    if authorizer:
        found |= {"authorizer": type_named("Authorizer"), REQUESTED: type_named("ResourceCheck")}
    if made is not None:
        found[VARIABLES] = declared("kubernetes.variables", made)
    return found


def expression(text: str, seen: Mapping[str, Type], *results: Type) -> Program:
    """The compiled expression; BadExpression where it is none. `results`: its types, () for any."""
    try:
        found = compiled(text, seen)
    except CompileError as exc:
        msg = f"compilation failed: {exc}"
        raise BadExpression(msg) from exc
    if results and found.type not in results:
        names = [str(each) for each in results]
        wanted = names[0] if len(names) == 1 else f"one of [{' '.join(names)}]"
        msg = f"must evaluate to {wanted} but got {found.type}"
        raise BadExpression(msg)
    return found


@lru_cache(maxsize=512)
def condition(text: str, *, params: bool = False) -> Program:
    """A condition of a webhook, or of a policy; BadExpression where it is none."""
    return expression(text, variables(params=params), BOOL)
