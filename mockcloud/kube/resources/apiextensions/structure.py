"""Whether a schema is structural: each field's type is said once, outside of all alternatives.

Source: k8s.io/apiextensions-apiserver v0.34 `pkg/apiserver/schema` (validation.go, complete.go).
"""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, forbidden, invalid, required
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.patterns import PatternError, compiled
from mockcloud.kube.resources.structural.schema import (
    EMBEDDED,
    INT_OR_STRING,
    LIST_KEYS,
    LIST_TYPE,
    MAP_TYPE,
    PRESERVE,
    RULES,
    items,
    key,
    properties,
)

_INTEGER_OR_STRING: Final = [{"type": "integer"}, {"type": "string"}]
_TYPELESS: Final = {
    "root": "must not be empty at the root",
    "item": "must not be empty for specified array items",
    "field": "must not be empty for specified object fields",
}
_ALTERNATIVES: Final = ("anyOf", "allOf", "oneOf")
# What may not be said within alternatives, and in which words.
_UNSAID: Final = {
    "type": "must be empty to be structural",
    "additionalProperties": "must be undefined to be structural",
    "default": "must be undefined to be structural",
    "title": "must be empty to be structural",
    "description": "must be empty to be structural",
    "nullable": "must be false to be structural",
    PRESERVE: "must be false to be structural",
    EMBEDDED: "must be false to be structural",
    INT_OR_STRING: "must be false to be structural",
    LIST_KEYS: "must be empty to be structural",
    LIST_TYPE: "must be undefined to be structural",
    MAP_TYPE: "must be undefined to be structural",
    RULES: "must be empty to be structural",
}


def structure_problems(schema: JsonObject, path: str) -> list[Cause]:
    """Why the schema is not structural, sorted by text as upstream; [] where it is."""
    found = [*_invariants(schema, "root", path), *_completeness(schema, schema, path, path)]
    return sorted(found, key=str)


def _invariants(schema: JsonObject, level: str, path: str) -> Iterator[Cause]:
    held = items(schema)
    if schema.get("type") == "array" and held is None:
        yield required(f"{path}.items", "must be specified")
    if held is not None:
        yield from _invariants(held, "item", f"{path}.items")
    for name, inner in properties(schema).items():
        yield from _invariants(inner, "field", key(f"{path}.properties", name))
    yield from _of_map(schema, level, path)
    if schema.get(INT_OR_STRING):
        for word in (PRESERVE, EMBEDDED):
            if schema.get(word):
                yield invalid(f"{path}.{word}", True, "must be false if x-kubernetes-int-or-string is true")
    first = next(iter(objects_at(schema, "allOf")), {})
    yield from _values(
        schema,
        path,
        skips_any=schema.get("anyOf") == _INTEGER_OR_STRING,
        skips_first=first.get("anyOf") == _INTEGER_OR_STRING,
    )
    yield from _types(schema, level, path)
    if level == "root" or schema.get(EMBEDDED):
        yield from _identity(schema, level, path)


def _of_map(schema: JsonObject, level: str, path: str) -> Iterator[Cause]:
    held = schema.get("additionalProperties")
    if held is None:
        return
    if level == "root":
        yield forbidden(f"{path}.additionalProperties", "must not be used at the root")
    if isinstance(held, dict):
        yield from _invariants(held, "field", f"{path}.additionalProperties")
    if schema.get(EMBEDDED):
        why = "must not be used if x-kubernetes-embedded-resource is set"
        yield forbidden(f"{path}.additionalProperties", why)


def _types(schema: JsonObject, level: str, path: str) -> Iterator[Cause]:
    said = schema.get("type") or ""
    if schema.get(EMBEDDED) and said != "object":
        why = "must be object if x-kubernetes-embedded-resource is true"
        yield invalid(f"{path}.type", said, why) if said else required(f"{path}.type", why)
    elif not (said or schema.get(INT_OR_STRING) or schema.get(PRESERVE)):
        yield required(f"{path}.type", _TYPELESS[level])
    if level == "root" and said not in ("", "object"):
        yield invalid(f"{path}.type", said, "must be object at the root")
    if schema.get(EMBEDDED) and not (schema.get(PRESERVE) or properties(schema)):
        why = (
            "must not be empty if x-kubernetes-embedded-resource is true without "
            "x-kubernetes-preserve-unknown-fields"
        )
        yield required(f"{path}.properties", why)


def _identity(schema: JsonObject, level: str, path: str) -> Iterator[Cause]:
    for name in ("kind", "apiVersion"):
        said = properties(schema).get(name)
        if said is not None and said.get("type") != "string":
            yield invalid(f"{key(f'{path}.properties', name)}.type", said.get("type") or "", "must be string")
    metadata = properties(schema).get("metadata")
    if metadata is None:
        return
    at = key(f"{path}.properties", "metadata")
    if metadata.get("type") != "object":
        yield invalid(f"{at}.type", metadata.get("type") or "", "must be object")
    if level == "root" and not _says_names_only(metadata):
        why = (
            "must not specify anything other than name and generateName, but metadata is implicitly specified"
        )
        yield forbidden(at, why)


def _says_names_only(metadata: JsonObject) -> bool:
    named = set(properties(metadata)) <= {"name", "generateName"}
    return named and not any(
        value for word, value in metadata.items() if word not in ("type", "default", "properties")
    )


def _values(schema: JsonObject, path: str, *, skips_any: bool, skips_first: bool) -> Iterator[Cause]:
    """`skips_any`: anyOf says that the value is an integer or a text; `skips_first`: the first allOf does."""
    for word in _ALTERNATIVES:
        for number, each in enumerate(objects_at(schema, word)):
            if word != "anyOf" or not skips_any:
                skips = word == "allOf" and number == 0 and skips_first
                yield from _nested(each, f"{path}.{word}[{number}]", skips_any=skips)
    if isinstance(schema.get("not"), dict):
        yield from _nested(schema["not"], f"{path}.not", skips_any=False)
    pattern = schema.get("pattern")
    if pattern:
        try:
            compiled(pattern)
        except PatternError as exc:
            why = f"must be a valid regular expression, but isn't: {exc}"
            yield invalid(f"{path}.pattern", pattern, why)


def _nested(schema: JsonObject, path: str, *, skips_any: bool) -> Iterator[Cause]:
    yield from _values(schema, path, skips_any=skips_any, skips_first=False)
    held = items(schema)
    if held is not None:
        yield from _nested(held, f"{path}.items", skips_any=False)
    for name, inner in properties(schema).items():
        yield from _nested(inner, key(f"{path}.properties", name), skips_any=False)
    for word, why in _UNSAID.items():
        if schema.get(word) or (word == "default" and schema.get(word) is not None):
            yield forbidden(f"{path}.{word}", why)
    if "metadata" in properties(schema):
        why = "must not be specified in a nested context"
        yield forbidden(key(f"{path}.properties", "metadata"), why)


def _completeness(values: JsonObject, schema: JsonObject | None, at: str, said_at: str) -> Iterator[Cause]:
    """Whatever alternatives say something of is there outside of them, too."""
    nested = [
        (each, f"{said_at}.{word}[{number}]")
        for word in _ALTERNATIVES
        for number, each in enumerate(objects_at(values, word))
    ]
    if isinstance(values.get("not"), dict):
        nested.append((values["not"], f"{said_at}.not"))
    for each, where in nested:
        yield from _nested_completeness(each, schema, at, where)


def _nested_completeness(
    values: JsonObject, schema: JsonObject | None, at: str, said_at: str
) -> Iterator[Cause]:
    if schema is None:
        yield required(at, f"because it is defined in {said_at}")
        return
    yield from _completeness(values, schema, at, said_at)
    held = items(values)
    if held is not None:
        yield from _nested_completeness(held, items(schema), f"{at}.items", f"{said_at}.items")
    for name, inner in object_at(values, "properties").items():
        places = (key(f"{at}.properties", name), key(f"{said_at}.properties", name))
        yield from _nested_completeness(inner, properties(schema).get(name), *places)
