"""Plain values as Go's JSON decoder takes or refuses them, in its words."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

GO_TYPES: Final = {
    "boolean": "bool",
    "bytes": "[]uint8",
    "date-time": "v1.Time",
    "int-or-string": "intstr.IntOrString",
    "number": "float64",
    "quantity": "resource.Quantity",
}

# Texts of k8s.io/apimachinery (resource.ErrFormatWrong) and of Go's time package.
BAD_QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
TIME_LAYOUT = "2006-01-02T15:04:05Z07:00"
_QUANTITY = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(|[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)", re.ASCII)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def json_kind(value: object) -> str:
    """What Go calls the JSON value: object, array, string, number, bool."""
    kinds: tuple[tuple[type, str], ...] = (
        (dict, "object"),
        (list, "array"),
        (str, "string"),
        (bool, "bool"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "number")


def cannot_unmarshal(value: object, field: str, go_type: str, literal: str = "") -> str:
    """Go's UnmarshalTypeError; `field` is `Struct.path.to.field`."""
    return (
        f"json: cannot unmarshal {json_kind(value)}{literal} into Go struct field {field} of type {go_type}"
    )


def problem(type_: str, value: object, field: str) -> str | None:
    """Why a value does not decode as the plain type, or None."""
    check = _CHECKS.get(type_)
    return check(value, field, type_) if check else None


def is_quantity(text: str) -> bool:
    """Whether the text is a resource quantity such as `100m` or `1Gi`."""
    return _QUANTITY.fullmatch(text) is not None


def _string(value: object, field: str, _: str) -> str | None:
    return None if isinstance(value, str) else cannot_unmarshal(value, field, "string")


def _boolean(value: object, field: str, _: str) -> str | None:
    return None if isinstance(value, bool) else cannot_unmarshal(value, field, "bool")


def _number(value: object, field: str, _: str) -> str | None:
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    return None if fits else cannot_unmarshal(value, field, "float64")


def _integer(value: object, field: str, type_: str) -> str | None:
    if json_kind(value) != "number":
        return cannot_unmarshal(value, field, type_)
    bound = 1 << (int(type_.removeprefix("int")) - 1)
    if isinstance(value, int) and -bound <= value < bound:
        return None
    return cannot_unmarshal(value, field, type_, f" {value}")


def _date_time(value: object, _field: str, _: str) -> str | None:
    if not isinstance(value, str):
        return f"json: cannot unmarshal {json_kind(value)} into Go value of type string"
    if _RFC3339.fullmatch(value) and _is_date(value):
        return None
    return f'parsing time "{value}" as "{TIME_LAYOUT}": cannot parse "{value}" as "2006"'


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text[:19])
    except ValueError:
        return False
    return True


def _bytes(value: object, field: str, _: str) -> str | None:
    if not isinstance(value, str):
        return cannot_unmarshal(value, field, "[]uint8")
    text = value.replace("\n", "").replace("\r", "")
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        alphabet = re.match(r"[A-Za-z0-9+/]*", text)
        return f"illegal base64 data at input byte {alphabet.end() if alphabet else 0}"
    return None


def _quantity(value: object, _field: str, _: str) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return BAD_QUANTITY
    return None if is_quantity(str(value)) else BAD_QUANTITY


def _int_or_string(value: object, _field: str, _: str) -> str | None:
    if isinstance(value, str | int) and not isinstance(value, bool):
        return None
    literal = f" {value}" if isinstance(value, float) else ""
    return f"json: cannot unmarshal {json_kind(value)}{literal} into Go value of type int32"


_CHECKS: Final[Mapping[str, Callable[[object, str, str], str | None]]] = {
    "boolean": _boolean,
    "bytes": _bytes,
    "date-time": _date_time,
    "int-or-string": _int_or_string,
    "int32": _integer,
    "int64": _integer,
    "number": _number,
    "quantity": _quantity,
    "string": _string,
}
