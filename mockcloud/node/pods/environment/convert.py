"""A container's env, envFrom and resources -> values. ValueError where a source has no meaning here."""

from collections.abc import Mapping
from typing import Any

from mockcloud.node.pods.files.sources import Kind
from mockcloud.node.pods.spec import EnvFrom, EnvVar, FieldRef, KeyRef, ResourceRef

Object = Mapping[str, Any]
KINDS = {"configMapKeyRef": Kind.CONFIG_MAP, "secretKeyRef": Kind.SECRET}
WHOLE = {"configMapRef": Kind.CONFIG_MAP, "secretRef": Kind.SECRET}


def variable(obj: Object) -> EnvVar:
    """One entry of env."""
    name, source = obj["name"], obj.get("valueFrom")
    if not source:
        return EnvVar(name, value=obj.get("value") or "")
    kind, ref = next(iter(source.items()))
    if kind == "fieldRef":
        return EnvVar(name, source=FieldRef(ref["fieldPath"]))
    if kind == "resourceFieldRef":
        return EnvVar(name, source=_resource(ref))
    if kind in KINDS:
        return EnvVar(
            name, source=KeyRef(KINDS[kind], ref.get("name") or "", ref["key"], bool(ref.get("optional")))
        )
    msg = f"env {name}: valueFrom {kind} is not supported by this node agent"
    raise ValueError(msg)


def env_from(obj: Object) -> EnvFrom:
    """One entry of envFrom."""
    for kind, value in WHOLE.items():
        if ref := obj.get(kind):
            return EnvFrom(value, ref.get("name") or "", obj.get("prefix") or "", bool(ref.get("optional")))
    msg = f"envFrom: expected one of {', '.join(WHOLE)}, got {', '.join(obj)}"
    raise ValueError(msg)


def _resource(ref: Object) -> ResourceRef:
    return ResourceRef(ref["resource"], ref.get("containerName") or "", str(ref.get("divisor") or "0"))
