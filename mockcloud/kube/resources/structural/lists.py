"""Lists that are sets or maps: no item and no key is there twice (apiserver's `schema/listtype`)."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from mockcloud.kube.field_errors import Cause, duplicate, invalid
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.structural.schema import LIST_KEYS, LIST_TYPE, index, parts


def list_problems(value: Any, schema: JsonObject, path: str = "") -> Iterator[Cause]:  # noqa: ANN401
    """Every item that repeats an earlier one, where its list is a set or a map."""
    if isinstance(value, list):
        yield from _of_list(value, schema, path)
    for inner, held, at in parts(value, schema, path):
        yield from list_problems(inner, held, at)


def _of_list(value: list[Any], schema: JsonObject, path: str) -> Iterator[Cause]:
    match schema.get(LIST_TYPE):
        case "set":
            for number in _repeated(value):
                yield duplicate(index(path, number), value[number])
        case "map":
            for number, each in enumerate(value):
                if each is not None and not isinstance(each, dict):
                    yield invalid(
                        index(path, number), each, "must be an object for an array of list-type map"
                    )
                    return
            names = schema.get(LIST_KEYS) or ()
            keys = [{name: each[name] for name in names if name in each} if each else {} for each in value]
            for number in _repeated(keys):
                yield duplicate(index(path, number), keys[number])


def _repeated(values: Sequence[object]) -> list[int]:
    """Where a value comes for the second time (a third time is not told of)."""
    seen: dict[bytes, int] = {}
    found: list[int] = []
    for number, value in enumerate(values):
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        seen[text] = seen.get(text, 0) + 1
        if seen[text] == 2:
            found.append(number)
    return found
