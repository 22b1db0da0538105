"""A structural schema as a type of CEL: what rules see of an object (apiserver's `pkg/cel/common`)."""

from typing import Final

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    STRING,
    TIMESTAMP,
    ListType,
    Type,
    map_of,
    object_of,
)
from mockcloud.kube.resources.structural.schema import (
    EMBEDDED,
    INT_OR_STRING,
    LIST_KEYS,
    LIST_TYPE,
    additional,
    items,
    properties,
)

_META: Final = object_of("object", {"name": STRING, "generateName": STRING})
_PLAIN: Final = {"boolean": BOOL, "number": DOUBLE, "integer": INT}
_FORMATS: Final = {"byte": BYTES, "duration": DURATION, "date": TIMESTAMP, "date-time": TIMESTAMP}


def type_of(schema: JsonObject, *, is_root: bool = False) -> Type | None:
    """The type of values of the schema; None where rules do not see them."""
    if schema.get(INT_OR_STRING):
        return DYN
    match "object" if is_root else schema.get("type"):
        case "array":
            return _list(schema)
        case "object":
            return _object(schema, is_root=is_root)
        case "string":
            return _FORMATS.get(schema.get("format") or "", STRING)
        case other:
            return _PLAIN.get(other or "")


def _list(schema: JsonObject) -> Type | None:
    held = items(schema)
    item = None if held is None else type_of(held, is_root=bool(held.get(EMBEDDED)))
    if item is None:
        return None
    if schema.get(LIST_TYPE) not in ("set", "map"):
        return Type("list", (item,))
    keys = schema.get(LIST_KEYS) or () if schema[LIST_TYPE] == "map" else ()
    return ListType("list", (item,), tuple(keys))


def _object(schema: JsonObject, *, is_root: bool) -> Type | None:
    held = additional(schema)
    if held and not is_root:
        value = type_of(held, is_root=bool(held.get(EMBEDDED)))
        return None if value is None else map_of(STRING, value)
    found = {
        name: type_of(inner, is_root=bool(inner.get(EMBEDDED))) for name, inner in properties(schema).items()
    }
    fields = {name: kind for name, kind in found.items() if kind is not None}
    if is_root:
        fields |= {"apiVersion": STRING, "kind": STRING, "metadata": _META}
    return object_of("object", fields)
