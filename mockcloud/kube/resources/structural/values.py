"""What a schema says of one plain value: its type, its format, its bounds, in kube-openapi's words."""

import math
from collections.abc import Iterator
from typing import Any

from mockcloud.kube.field_errors import Cause, invalid, not_supported, quoted, too_long
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.patterns import compiled
from mockcloud.kube.resources.structural import formats
from mockcloud.kube.resources.structural.schema import INT_OR_STRING


def types_of(schema: JsonObject) -> tuple[str, ...]:
    """The types that the schema allows, () for any."""
    if schema.get(INT_OR_STRING):
        return ("integer", "string")
    return (schema["type"],) if schema.get("type") else ()


def type_problems(value: Any, schema: JsonObject, path: str) -> Iterator[Cause]:  # noqa: ANN401 (any JSON)
    """A complaint where the value is of another type."""
    wanted, actual = types_of(schema), json_type(value)
    if not wanted or actual in wanted or (actual == "null" and schema.get("nullable")):
        return
    if isinstance(value, float) and value.is_integer() and "integer" in wanted:
        return
    if actual == "integer" and "number" in wanted:
        return
    if isinstance(value, str) and formats.known(schema.get("format") or "") and wanted != ("integer",):
        return  # as upstream: a format's own check is the only one then
    yield wrong_type(path, actual, f'{path} in body must be of type {",".join(wanted)}: "{actual}"')


def json_type(value: object) -> str:
    """The JSON type's name in OpenAPI."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def wrong_type(path: str, value: object, detail: str) -> Cause:
    """A value of another type."""
    return Cause(path, "FieldValueTypeInvalid", f"Invalid value: {quoted(value)}: {detail}")


def text_problems(value: str, schema: JsonObject, path: str) -> Iterator[Cause]:
    """The first bound of texts that is broken, then the format."""
    longest, shortest, pattern = (schema.get(name) for name in ("maxLength", "minLength", "pattern"))
    if longest is not None and len(value) > longest:
        yield too_long(path, longest)
    elif shortest is not None and len(value) < shortest:
        yield invalid(path, value, f"{path} in body should be at least {shortest} chars long")
    elif pattern and not compiled(pattern).search(value):
        yield invalid(path, value, f"{path} in body should match '{pattern}'")
    named = formats.known(schema.get("format") or "")
    if named and not formats.fits(named, value):
        yield wrong_type(path, value, f"{path} in body must be of type {named}: {quoted(value)}")


def number_problems(value: float, schema: JsonObject, path: str) -> Iterator[Cause]:
    """The bounds of numbers that are broken."""
    step, most, least = (_bound(schema, name, value) for name in ("multipleOf", "maximum", "minimum"))
    if step is not None and step <= 0:
        yield invalid(path, value, f"factor MultipleOf declared for {path} must be positive: {_number(step)}")
    elif step and not _is_multiple(value, step):
        yield invalid(path, value, f"{path} in body should be a multiple of {_number(step)}")
    if most is not None:
        exclusive = bool(schema.get("exclusiveMaximum"))
        if value > most or (exclusive and value == most):
            word = "less than" if exclusive else "less than or equal to"
            yield invalid(path, value, f"{path} in body should be {word} {_number(most)}")
    if least is not None:
        exclusive = bool(schema.get("exclusiveMinimum"))
        if value < least or (exclusive and value == least):
            word = "greater than" if exclusive else "greater than or equal to"
            yield invalid(path, value, f"{path} in body should be {word} {_number(least)}")


def _is_multiple(value: float, step: float) -> bool:
    """Whether it is a whole number of steps; of more steps than a float can count, as upstream, it is not."""
    steps = value / step
    return math.isfinite(steps) and math.isclose(steps, round(steps), rel_tol=1e-9)


def _bound(schema: JsonObject, name: str, value: float) -> float | None:
    """The bound that the schema names; as upstream, whole numbers are held against whole ones."""
    found: float | None = schema.get(name)
    return int(found) if found is not None and isinstance(value, int) else found


def enumeration_problems(value: Any, schema: JsonObject, path: str) -> Iterator[Cause]:  # noqa: ANN401
    """A complaint where the value is none of those that may be."""
    allowed = schema.get("enum")
    if allowed and not any(_same(value, each) for each in allowed):
        shown = [each if isinstance(each, str) else quoted(each) for each in allowed]
        yield not_supported(path, value, shown)


def _same(value: object, other: object) -> bool:
    return value == other and isinstance(value, bool) == isinstance(other, bool)


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e21 else str(value)
