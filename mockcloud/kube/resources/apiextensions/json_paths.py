"""What of kubectl's JSONPath printer columns use: `.a.b`, `['a.b']`, `[0]`, `[*]`, `[?(@.a=="b")]`."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

Step = tuple[str, str | int, str]
"""(what it is: name, item, all or filter; the name, the number or the filter's path; the filter's value)"""

_STEP: Final = re.compile(
    r"\.?\[\s*'(?P<quoted>[^']*)'\s*\]|\.?\[\s*(?P<item>-?\d+)\s*\]|\.?\[\s*(?P<all>\*)\s*\]|\.(?P<star>\*)"
    r"|\.?\[\s*\?\(\s*@\.(?P<path>[^=!\s]+?)\s*==\s*[\"'](?P<value>[^\"']*)[\"']\s*\)\s*\]"
    r"|\.?(?P<name>(?:[^.\[\]\\]|\\.)+)"
)


@lru_cache(maxsize=512)
def steps(path: str) -> tuple[Step, ...] | None:
    """The steps of a path; None where it is more than is known here."""
    found: list[Step] = []
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            return None
        position = match.end()
        if match["item"]:
            found.append(("item", int(match["item"]), ""))
        elif match["all"] or match["star"]:
            found.append(("all", "", ""))
        elif match["path"]:
            found.append(("filter", match["path"], match["value"]))
        else:
            name = match["quoted"] if match["quoted"] is not None else match["name"].replace("\\", "")
            found.append(("name", name, ""))
    return tuple(found)


def first(value: Any, path: str) -> Any:  # noqa: ANN401 (any JSON)
    """The first value at the path, None where there is none."""
    return next(_found([value], steps(path) or ()), None) if steps(path) is not None else None


def _found(values: list[Any], rest: tuple[Step, ...]) -> Iterator[Any]:
    for step in rest:
        values = [each for value in values for each in _step(value, step)]
    yield from values


def _step(value: Any, step: Step) -> Iterator[Any]:  # noqa: ANN401
    match step:
        case ("name", name, _):
            if isinstance(value, dict) and name in value:
                yield value[name]
        case ("item", int(number), _):
            if isinstance(value, list) and -len(value) <= number < len(value):
                yield value[number]
        case ("all", _, _):
            yield from value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
        case ("filter", str(path), wanted):
            held = value if isinstance(value, list) else ()
            yield from (each for each in held if _text(first(each, path)) == wanted)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
