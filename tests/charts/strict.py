"""What a strict API says of an object: unknown fields and wrong types, by the official client's models."""

from __future__ import annotations

import types
import typing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MODELS = {
    "apps/v1": ("Deployment", "DaemonSet"),
    "coordination.k8s.io/v1": ("Lease",),
    "networking.k8s.io/v1": ("NetworkPolicy",),
    "policy/v1": ("PodDisruptionBudget",),
    "rbac.authorization.k8s.io/v1": ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"),
    "v1": ("ConfigMap", "Namespace", "Pod", "Secret", "Service", "ServiceAccount"),
}
CUSTOM = {"monitoring.coreos.com/v1": ("ServiceMonitor", "PodMonitor", "PrometheusRule")}


def problems(found: Mapping[str, Any]) -> list[str]:
    """Each fault with its path; of the kinds that have no model only that they are known."""
    from kubernetes.client import models

    version, kind = found["apiVersion"], found["kind"]
    if kind in CUSTOM.get(version, ()):
        return []
    if kind not in MODELS.get(version, ()):
        return [f"{version} {kind} is no kind that the chart has"]
    model = getattr(models, f"V1{kind}")
    where = f"{kind} {found['metadata']['name']}"
    unknown = [f"{where}: {each}" for each in _unknown(model, found, "")]
    try:
        model.model_validate(found)
    except ValueError as error:
        unknown.append(f"{where}: {error}")
    return unknown


def _unknown(annotation: Any, value: Any, path: str) -> Iterator[str]:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        yield from _unknown(arguments[0], value, path)
    elif origin in (typing.Union, types.UnionType):
        for each in arguments:
            yield from _unknown(each, value, path)
    else:
        for inner, held, where in _parts(annotation, value):
            yield from (
                (f"unknown field {path}{where}",) if inner is None else _unknown(inner, held, path + where)
            )


def _parts(annotation: Any, value: Any) -> Iterator[tuple[Any, Any, str]]:
    """What a value consists of, each with its type (None: it may not be there) and its path."""
    arguments = typing.get_args(annotation)
    if isinstance(value, list) and arguments:
        yield from ((arguments[0], each, f"[{number}]") for number, each in enumerate(value))
    elif isinstance(value, dict) and arguments:
        yield from ((arguments[1], each, f".{key}") for key, each in value.items())
    elif isinstance(value, dict) and hasattr(annotation, "model_fields"):
        fields = annotation.model_fields.items()
        known = {field.serialization_alias or name: field.annotation for name, field in fields}
        yield from ((known.get(key), each, f".{key}") for key, each in value.items())
