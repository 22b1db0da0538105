"""The schema of a custom kind as OpenAPI publishes it: with what every object has, too."""

from typing import Any, Final

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.structural.schema import EMBEDDED, PRESERVE, additional, items, properties
from mockcloud.kube.schema.definitions import GVK
from mockcloud.kube.schema.fields import OBJECT_META

_MORE: Final = (
    "More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#"
)
_VERSION: Final = (
    f"APIVersion defines the versioned schema of this representation of an object. Servers should convert "
    f"recognized schemas to the latest internal value, and may reject unrecognized values. {_MORE}resources"
)
_KIND: Final = (
    f"Kind is a string value representing the REST resource this object represents. Servers may infer this "
    f"from the endpoint the client submits requests to. Cannot be updated. In CamelCase. {_MORE}types-kinds"
)
_EMBEDDED_VERSION: Final = (
    f"apiVersion defines the versioned schema of this representation of an object. {_MORE}resources"
)
_EMBEDDED_KIND: Final = (
    f"kind is a string value representing the type of this object. In CamelCase. {_MORE}types-kinds"
)
_METADATA: Final = f"Standard object's metadata. {_MORE}metadata"


def published(gvk: GVK, schema: JsonObject, *, of_open: bool = True) -> dict[str, Any]:
    """The schema of a whole object; `of_open`: resources within that may have any field tell theirs, too."""
    found = _with_embedded(schema, whole=True, of_open=of_open)
    group, version, kind = gvk
    return {**found, "x-kubernetes-group-version-kind": [{"group": group, "kind": kind, "version": version}]}


def _with_embedded(schema: JsonObject, *, whole: bool = False, of_open: bool) -> JsonObject:
    """The schema, where each resource within (and the `whole`) has its apiVersion, kind and metadata."""
    is_told = of_open or not schema.get(PRESERVE)
    found, is_resource = dict(schema), whole or (schema.get(EMBEDDED) and is_told)
    if properties(schema) or is_resource:
        found["properties"] = {
            name: _with_embedded(inner, of_open=of_open) for name, inner in properties(schema).items()
        }
    for word, inner in (("items", items(schema)), ("additionalProperties", additional(schema))):
        if inner:
            found[word] = _with_embedded(inner, of_open=of_open)
    if is_resource:
        metadata = {"allOf": [{"$ref": f"#/components/schemas/{OBJECT_META}"}], "description": _METADATA}
        if not whole:
            found["required"] = [*(schema.get("required") or ()), "apiVersion", "kind"]
        found["properties"] |= {
            "apiVersion": {"description": _VERSION if whole else _EMBEDDED_VERSION, "type": "string"},
            "kind": {"description": _KIND if whole else _EMBEDDED_KIND, "type": "string"},
            "metadata": metadata,
        }
    return found
