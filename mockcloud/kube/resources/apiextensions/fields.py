"""Fields that a version of a CustomResourceDefinition points at: columns, scale, field selectors."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, duplicate, invalid, required, too_many
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.structural.schema import additional, properties

COLUMN_TYPES: Final = ("boolean", "date", "integer", "number", "string")
COLUMN_FORMATS: Final = ("byte", "date", "date-time", "double", "float", "int32", "int64", "password")
MOST_SELECTABLE: Final = 8


def column_problems(column: JsonObject, at: str) -> Iterator[Cause]:
    """A name, a type, and where its value stands."""
    if not column.get("name"):
        yield required(f"{at}.name")
    said, of = column.get("type") or "", f"must be one of {','.join(COLUMN_TYPES)}"
    if not said:
        yield required(f"{at}.type", of)
    elif said not in COLUMN_TYPES:
        yield invalid(f"{at}.type", said, of)
    shape = column.get("format")
    if shape and shape not in COLUMN_FORMATS:
        yield invalid(f"{at}.format", shape, f"must be one of {','.join(COLUMN_FORMATS)}")
    path = column.get("jsonPath") or ""
    if not path:
        yield required(f"{at}.JSONPath")
    else:
        yield from _path_problems(path, f"{at}.JSONPath", ())


def scale_problems(scale: JsonObject, at: str) -> Iterator[Cause]:
    """Where the numbers of replicas stand, and the selector's text."""
    for word, start in (("specReplicasPath", ".spec."), ("statusReplicasPath", ".status.")):
        path = scale.get(word) or ""
        if not path:
            yield required(f"{at}.{word}")
        else:
            yield from _path_problems(path, f"{at}.{word}", (start,))
    selector = scale.get("labelSelectorPath") or ""
    if selector:
        yield from _path_problems(selector, f"{at}.labelSelectorPath", (".spec.", ".status."))


def _path_problems(path: str, at: str, starts: tuple[str, ...]) -> Iterator[Cause]:
    if not path.startswith("."):
        yield invalid(at, path, "must be a simple json path starting with .")
    elif starts and not path.startswith(starts):
        where = " or ".join(start.rstrip(".") for start in starts)
        yield invalid(at, path, f"should be a json path under {'either ' if len(starts) > 1 else ''}{where}")


def selectable_problems(fields: list[JsonObject], schema: JsonObject, at: str) -> Iterator[Cause]:
    """Plain fields of the schema, each once, eight at most."""
    seen: set[str] = set()
    for number, selectable in enumerate(fields):
        where, path = f"{at}[{number}].jsonPath", selectable.get("jsonPath") or ""
        if not path:
            yield required(where)
            continue
        found = _schema_at(schema, path)
        if found is None:
            yield invalid(where, path, "is an invalid path: does not refer to a valid field")
            continue
        if path.startswith(".metadata"):
            yield invalid(where, path, "must not point to fields in metadata")
        if found.get("type") not in ("string", "boolean", "integer"):
            why = "must point to a field of type string, boolean or integer."
            yield invalid(where, path, f"{why} Enum string fields and strings with formats are allowed.")
        if path in seen:
            yield duplicate(where, path)
        seen.add(path)
    if len(seen) > MOST_SELECTABLE:
        yield too_many(at, len(seen), MOST_SELECTABLE)


def _schema_at(schema: JsonObject, path: str) -> JsonObject | None:
    found: JsonObject | None = schema
    for name in path.removeprefix(".").split("."):
        if found is None or not path.startswith("."):
            return None
        found = properties(found).get(name, additional(found))
    return found
