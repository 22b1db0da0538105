"""What `kubectl get` prints of a custom kind: its name, and the columns that its version names."""

import json
from typing import Any, Final

from mockcloud.kube.json_types import JsonObject, objects_at
from mockcloud.kube.resources.apiextensions.json_paths import first
from mockcloud.kube.resources.printing import Cell, Column, Printer, name_of, since
from mockcloud.kube.times import epoch_seconds

_CREATED: Final = (
    "CreationTimestamp is a timestamp representing the server time when this object was created. It is not "
    "guaranteed to be set in happens-before order across separate operations. Clients may not set this "
    "value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for "
    "lists. More info: "
    "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata"
)
_AGE: Final = {
    "name": "Age",
    "type": "date",
    "description": _CREATED,
    "jsonPath": ".metadata.creationTimestamp",
}


def printer(version: JsonObject) -> Printer:
    """The printer of one version of a CustomResourceDefinition."""
    columns = objects_at(version, "additionalPrinterColumns") or [_AGE]
    shown = [(str(column.get("jsonPath")), str(column.get("type"))) for column in columns]

    def row(obj: JsonObject, now: float) -> list[Cell]:
        return [name_of(obj), *(_cell(first(obj, path), type_, now) for path, type_ in shown)]

    return Printer((Column("Name"), *map(_column, columns)), row)


def _column(column: JsonObject) -> Column:
    said = f"Custom resource definition column (in JSONPath format): {column.get('jsonPath')}"
    return Column(
        str(column.get("name")),
        str(column.get("type")),
        int(column.get("priority") or 0),
        column.get("format") or "",
        column.get("description") or said,
    )


def _cell(value: Any, type_: str, now: float) -> Cell:  # noqa: ANN401 (any JSON)
    match type_:
        case "string":
            return None if value is None else _text(value)
        case "integer" if _is_number(value):
            return int(value)
        case "number" if _is_number(value):
            return float(value)
        case "boolean" if isinstance(value, bool):
            return value
        case "date" if isinstance(value, str):
            return since(value, now) if epoch_seconds(value) is not None else "<invalid>"
        case _:
            return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, separators=(",", ":")) if isinstance(value, dict | list) else str(value)
