"""Which fields of an object its schema knows: all others are left out (apiserver's `schema/pruning`)."""

from typing import Any

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.structural.schema import (
    EMBEDDED,
    META,
    PRESERVE,
    additional,
    child,
    index,
    items,
    properties,
)


def pruned(obj: JsonObject, schema: JsonObject) -> tuple[JsonObject, list[str]]:
    """A whole object without unknown fields, and the sorted paths of these."""
    unknown: list[str] = []
    kept: JsonObject = _pruned(obj, {**schema, EMBEDDED: True}, "", unknown)
    return kept, sorted(unknown)


def pruned_value(value: Any, schema: JsonObject) -> Any:  # noqa: ANN401 (any JSON)
    """A part of an object without unknown fields."""
    return _pruned(value, schema, "", [])


def _pruned(value: Any, schema: JsonObject | None, path: str, unknown: list[str]) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return _of_map(value, {} if schema is None else schema, path, unknown)
    if isinstance(value, list):
        held = None if schema is None else items(schema)
        if held is None and schema is not None and schema.get(PRESERVE):
            return value
        return [_pruned(each, held, index(path, i), unknown) for i, each in enumerate(value)]
    return value


def _of_map(value: JsonObject, schema: JsonObject, path: str, unknown: list[str]) -> JsonObject:
    known, held = properties(schema), additional(schema)
    embedded, preserves = schema.get(EMBEDDED), schema.get(PRESERVE)
    kept: JsonObject = {}
    for name, inner in value.items():
        at = child(path, name)
        if embedded and name in META:
            kept[name] = inner
        elif name in known or held is not None:
            kept[name] = _pruned(inner, known.get(name, held), at, unknown)
        elif preserves:
            kept[name] = inner
        else:
            unknown.append(at)
    return kept
