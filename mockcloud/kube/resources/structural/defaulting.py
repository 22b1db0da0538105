"""What fields get when nobody states them (apiserver's `schema/defaulting`)."""

from typing import Any

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.structural.schema import items, of_field, properties


def completed(value: Any, schema: JsonObject | None) -> Any:  # noqa: ANN401 (any JSON)
    """The value with its defaults; a null that its schema does not allow counts as absent."""
    if schema is None:
        return value
    if isinstance(value, dict):
        return _completed_map(value, schema)
    if isinstance(value, list):
        held = items(schema)
        if held is None:
            return value
        return [completed(held.get("default") if _is_missing(each, held) else each, held) for each in value]
    return value


def _completed_map(value: JsonObject, schema: JsonObject) -> JsonObject:
    found: JsonObject = {}
    for name, inner in value.items():
        held = of_field(schema, name)
        if held is None or not _is_missing(inner, held):
            found[name] = completed(inner, held)
        elif "default" in held:
            found[name] = completed(held["default"], held)
    for name, held in properties(schema).items():
        if "default" in held and name not in value:
            found[name] = completed(held["default"], held)
    return found


def _is_missing(value: object, schema: JsonObject) -> bool:
    return value is None and not schema.get("nullable")
