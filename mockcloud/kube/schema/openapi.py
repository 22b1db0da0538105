"""OpenAPI v3 of the API as kubectl needs it: `explain`, validation support, and apply's client-side patches.

kubectl apply may compute its strategic merge patch from the `x-kubernetes-patch-*` extensions in here, so
they must say what a strategic merge patch does here; both read the same definitions.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final

import orjson

from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.schema import custom, operations
from mockcloud.kube.schema.definitions import (
    Definition,
    FieldDefinition,
    definition,
    item_type,
)
from mockcloud.kube.schema.definitions import (
    kinds as kinds_by_gvk,
)
from mockcloud.kube.schema.fields import OBJECT_META

PREFIX = "#/components/schemas/"
INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
TIME = "io.k8s.apimachinery.pkg.apis.meta.v1.Time"
PATCH = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch"

SHARED: Final[Mapping[str, dict[str, Any]]] = {
    INT_OR_STRING: {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
    PATCH: {"description": "A patch of any of the accepted types.", "type": "object"},
    QUANTITY: {"oneOf": [{"type": "string"}, {"type": "number"}]},
    TIME: {"format": "date-time", "type": "string"},
}
PLAIN: Final[Mapping[str, dict[str, str]]] = {
    "boolean": {"type": "boolean"},
    "bytes": {"type": "string", "format": "byte"},
    "int32": {"type": "integer", "format": "int32"},
    "int64": {"type": "integer", "format": "int64"},
    "number": {"type": "number", "format": "double"},
    "object": {"type": "object"},
    "string": {"type": "string"},
}
REFERRED: Final = {"date-time": TIME, "int-or-string": INT_OR_STRING, "quantity": QUANTITY}


def index(kinds: Iterable[Kind]) -> dict[str, Any]:
    """The body of `/openapi/v3`. kubectl keeps a document under its hash, which covers what makes it."""
    groups: dict[str, list[Kind]] = {}
    for kind in kinds:
        groups.setdefault(kind.group_version, []).append(kind)
    return {
        "paths": {
            (path := operations.base_path(each)[1:]): {
                "serverRelativeURL": f"/openapi/v3/{path}?hash={_hash(each, served)}"
            }
            for each, served in groups.items()
        }
    }


def document(group_version: str, kinds: Sequence[Kind]) -> dict[str, Any]:
    """The document of one group version ("v1", "apps/v1"); kinds of other group versions are left out."""
    served = [kind for kind in kinds if kind.group_version == group_version]
    paths: dict[str, Any] = {}
    schemas = dict(SHARED)
    for kind in served:
        if kind.schema is not None:
            _collect(OBJECT_META, schemas)
            schemas[operations.schema_name(kind)] = custom.published(kind.gvk, kind.schema)
        gvks = [kind.gvk]
        gvks += [operations.SCALE] if "scale" in kind.subresources else []
        gvks += [operations.POSTED[part] for part in kind.subresources if part in operations.POSTED]
        for gvk in gvks:
            if name := kinds_by_gvk().get(gvk):
                _collect(name, schemas)
                schemas[name] = {
                    **schemas[name],
                    "x-kubernetes-group-version-kind": [operations.gvk_object(gvk)],
                }
        paths |= operations.paths(kind)
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "unversioned"},
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def _collect(name: str, schemas: dict[str, dict[str, Any]]) -> None:
    """Add the schema of a definition and of all it refers to."""
    waiting = [name]
    while waiting:
        struct = definition(waiting.pop())
        if struct is None or struct.name in schemas:
            continue
        schemas[struct.name] = _schema(struct)
        waiting += [_innermost(field.type) for field in struct.fields.values()]


def _innermost(type_: str) -> str:
    held = item_type(type_)
    return type_ if held is None else _innermost(held)


def _schema(struct: Definition) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: _property(field) for name, field in struct.fields.items()},
    }
    required = [name for name, field in struct.fields.items() if field.required]
    if required:
        schema["required"] = required
    if struct.map_type:
        schema["x-kubernetes-map-type"] = struct.map_type
    return schema


def _property(field: FieldDefinition) -> dict[str, Any]:
    extensions = {
        "description": field.description,
        "x-kubernetes-list-map-keys": list(field.list_map_keys),
        "x-kubernetes-list-type": field.list_type,
        "x-kubernetes-map-type": field.map_type,
        "x-kubernetes-patch-merge-key": field.patch_merge_key,
        "x-kubernetes-patch-strategy": field.patch_strategy,
    }
    return {**_type(field.type), **{key: value for key, value in extensions.items() if value}}


def _type(type_: str) -> dict[str, Any]:
    held = item_type(type_)
    if type_.startswith("[]"):
        return {"type": "array", "items": _type(type_[2:])}
    if held is not None:
        return {"type": "object", "additionalProperties": _type(held)}
    if type_ in PLAIN:
        return dict(PLAIN[type_])
    return {"allOf": [{"$ref": PREFIX + REFERRED.get(type_, type_)}]}


def _hash(group_version: str, kinds: Sequence[Kind]) -> str:
    digest = hashlib.sha256(group_version.encode())
    for kind in kinds:
        digest.update(repr((kind.gvk, kind.plural, kind.namespaced, kind.subresources)).encode())
        if kind.schema is not None:
            digest.update(orjson.dumps(kind.schema))
    digest.update(_sources())
    return digest.hexdigest().upper()


@cache
def _sources() -> bytes:
    folder = resources.files(__package__)
    names = ("definitions.json", "openapi.py", "operations.py")
    return hashlib.sha256(b"".join(folder.joinpath(name).read_bytes() for name in names)).digest()
