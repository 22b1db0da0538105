"""A structural schema's parts, read from its JSON; whatever is absent is an empty value."""

from collections.abc import Iterator
from typing import Any, Final

from mockcloud.kube.json_types import JsonObject, object_at

META: Final = ("apiVersion", "kind", "metadata")
"""What every object has, and every embedded resource."""
EMBEDDED: Final = "x-kubernetes-embedded-resource"
INT_OR_STRING: Final = "x-kubernetes-int-or-string"
LIST_KEYS: Final = "x-kubernetes-list-map-keys"
LIST_TYPE: Final = "x-kubernetes-list-type"
MAP_TYPE: Final = "x-kubernetes-map-type"
PRESERVE: Final = "x-kubernetes-preserve-unknown-fields"
RULES: Final = "x-kubernetes-validations"


def properties(schema: JsonObject) -> dict[str, JsonObject]:
    """The named fields."""
    return object_at(schema, "properties")


def items(schema: JsonObject) -> JsonObject | None:
    """What a list holds, None where nothing is said of it."""
    found = schema.get("items")
    return found if isinstance(found, dict) else None


def additional(schema: JsonObject) -> JsonObject | None:
    """What a map holds; {} where it may hold anything, None where there may be no further fields."""
    found = schema.get("additionalProperties")
    if found is True:
        return {}
    return found if isinstance(found, dict) else None


def of_field(schema: JsonObject, name: str) -> JsonObject | None:
    """The schema of one field, named or of a map."""
    found = properties(schema).get(name)
    return found if found is not None else additional(schema)


def child(path: str, name: str) -> str:
    """The path of a named field."""
    return f"{path}.{name}" if path else name


def key(path: str, name: str) -> str:
    """The path of a map's value."""
    return f"{path}[{name}]"


def index(path: str, number: int) -> str:
    """The path of a list's item."""
    return f"{path}[{number}]"


def parts(value: Any, schema: JsonObject, path: str) -> Iterator[tuple[Any, JsonObject, str]]:  # noqa: ANN401
    """A list's items or an object's fields, each with its schema, where it has one, and its path."""
    if isinstance(value, list) and (held := items(schema)) is not None:
        for number, each in enumerate(value):
            yield each, held, index(path, number)
    elif isinstance(value, dict):
        known, further = properties(schema), additional(schema)
        for name, inner in value.items():
            if name in known:
                yield inner, known[name], child(path, name)
            elif further is not None:
                yield inner, further, key(path, name)
