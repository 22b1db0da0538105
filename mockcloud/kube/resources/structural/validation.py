"""What is wrong with an object, by its schema: the causes, in kube-openapi's words and order.

What a change leaves as it was is not judged again (upstream's ratcheting): a schema that became stricter
does not stand in the way of changes elsewhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from mockcloud.kube.field_errors import Cause, invalid, required, too_many
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.structural import values
from mockcloud.kube.resources.structural.schema import (
    LIST_KEYS,
    LIST_TYPE,
    additional,
    child,
    index,
    items,
    properties,
)

NOWHERE: Final = "<nil>"
"""The field of a cause that concerns several, as Go prints a path that is none."""
_ABSENT: Final = object()


@dataclass(slots=True)
class _Result:
    """Causes, and how many checks there were: of several alternatives the one with most checks is told of."""

    causes: list[Cause] = field(default_factory=list)
    checks: int = 0

    def add(self, other: "_Result") -> None:
        self.causes += other.causes
        self.checks += other.checks


def schema_problems(
    value: Any,  # noqa: ANN401 (any JSON)
    schema: JsonObject,
    old: Any = _ABSENT,  # noqa: ANN401
    path: str = "",
) -> list[Cause]:
    """Every cause to refuse the value at `path`; `old` is what it was."""
    return _judged(value, schema, path, old).causes


def _judged(value: Any, schema: JsonObject, path: str, old: Any) -> _Result:  # noqa: ANN401
    result = _Result(checks=1)
    if old is not _ABSENT and old == value:
        return result
    mistyped = list(values.type_problems(value, schema, path))
    result.causes += mistyped
    result.checks += 2 if values.types_of(schema) and not mistyped else 1
    if value is not None:
        result.add(_alternatives(value, schema, path))
        result.causes += _of_plain(value, schema, path)
        if isinstance(value, list):
            result.add(_of_list(value, schema, path, old))
    result.causes += [
        cause
        for cause in values.enumeration_problems(value, schema, path)
        if value is not None or not schema.get("nullable") or None not in schema["enum"]
    ]
    if isinstance(value, dict):
        result.add(_of_map(value, schema, path, old))
    return result


def _of_plain(value: Any, schema: JsonObject, path: str) -> Iterator[Cause]:  # noqa: ANN401
    if isinstance(value, str):
        yield from values.text_problems(value, schema, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from values.number_problems(value, schema, path)


def _of_list(value: list[Any], schema: JsonObject, path: str, old: Any) -> _Result:  # noqa: ANN401
    result, held = _Result(checks=1), items(schema)
    if held is not None:
        for number, each in enumerate(value):
            result.add(_judged(each, held, index(path, number), _old_item(each, schema, old)))
    least, most = schema.get("minItems"), schema.get("maxItems")
    if least is not None and len(value) < least:
        result.causes.append(invalid(path, len(value), f"{path} in body should have at least {least} items"))
    if most is not None and len(value) > most:
        result.causes.append(too_many(path, len(value), most))
    return result


def _old_item(item: Any, schema: JsonObject, old: Any) -> Any:  # noqa: ANN401
    """What the item was: only in a list that is a map can that be told."""
    keys = schema.get(LIST_KEYS) or ()
    if schema.get(LIST_TYPE) != "map" or not isinstance(old, list) or not isinstance(item, dict):
        return _ABSENT
    identity = [item.get(name) for name in keys]
    found = (each for each in old if isinstance(each, dict) and [each.get(n) for n in keys] == identity)
    return next(found, _ABSENT)


def _of_map(value: JsonObject, schema: JsonObject, path: str, old: Any) -> _Result:  # noqa: ANN401
    result, known, held = _Result(checks=1), properties(schema), additional(schema)
    before = old if isinstance(old, dict) else {}
    result.causes += _size_problems(value, schema, path)
    for name, inner in value.items():
        schema_of_it = known.get(name, held)
        if schema_of_it is not None:
            result.add(_judged(inner, schema_of_it, child(path, name), before.get(name, _ABSENT)))
        elif schema.get("additionalProperties") is False:
            why = f"{path}.{name} in body is a forbidden property"
            result.causes.append(invalid(path, name, why))
    result.causes += [
        required(child(path, name)) for name in schema.get("required") or () if name not in value
    ]
    return result


def _size_problems(value: JsonObject, schema: JsonObject, path: str) -> Iterator[Cause]:
    least, most = schema.get("minProperties"), schema.get("maxProperties")
    if least is not None and len(value) < least:
        yield invalid(path, len(value), f"{path} in body should have at least {least} properties")
    if most is not None and len(value) > most:
        yield too_many(path, len(value), most)


def _alternatives(value: Any, schema: JsonObject, path: str) -> _Result:  # noqa: ANN401
    result = _Result(checks=1)
    for word, check in (("anyOf", _any_of), ("oneOf", _one_of), ("allOf", _all_of)):
        if schema.get(word):
            result.add(check([_judged(value, each, path, _ABSENT) for each in schema[word]], path))
    excluded = schema.get("not")
    if excluded is not None and not _judged(value, excluded, path, _ABSENT).causes:
        result.causes.append(_composite(f'"{path}" must not validate the schema (not)'))
    return result


def _any_of(results: list[_Result], path: str) -> _Result:
    if any(not each.causes for each in results):
        return _Result(checks=next(each.checks for each in results if not each.causes))
    return _with(f'"{path}" must validate at least one schema (anyOf)', _most_checked(results))


def _one_of(results: list[_Result], path: str) -> _Result:
    valid = sum(not each.causes for each in results)
    if valid == 1:
        return _Result(checks=next(each.checks for each in results if not each.causes))
    rule = f'"{path}" must validate one and only one schema (oneOf).'
    if valid:
        return _Result([_composite(f"{rule} Found {valid} valid alternatives")])
    return _with(f"{rule} Found none valid", _most_checked(results))


def _all_of(results: list[_Result], path: str) -> _Result:
    result = _Result()
    for each in results:
        result.add(each)
    if result.causes:
        none = ". None validated" if all(each.causes for each in results) else ""
        result.causes.append(_composite(f'"{path}" must validate all the schemas (allOf){none}'))
    return result


def _most_checked(results: list[_Result]) -> _Result:
    return max(results, key=lambda each: each.checks)


def _with(rule: str, best: _Result) -> _Result:
    return _Result([_composite(rule), *best.causes], best.checks)


def _composite(message: str) -> Cause:
    return invalid(NOWHERE, "", message)
