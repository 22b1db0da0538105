"""pydantic's errors -> faults in our words, with a path as a person would write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from baremetal_lb.model.errors import ConfigFault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

EXPECTED: Final = {
    "string_type": "a string",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "string_too_short": "a non-empty string",
    "too_short": "at least one item",
}
KINDS: Final = {dict: "a mapping", list: "a list", str: "a string", bool: "a boolean", type(None): "nothing"}


def faults(error: ValidationError, prefix: Sequence[str | int] = ()) -> list[ConfigFault]:
    """All of them, below `prefix`, in the order of the text; of a union's branches only the first is told."""
    found: dict[str, ConfigFault] = {}
    for detail in error.errors(include_url=False):
        path = dotted((*prefix, *detail["loc"]))
        found.setdefault(path, ConfigFault(path, _message(detail)))
    return list(found.values())


def dotted(location: Sequence[str | int]) -> str:
    """`("peers", 1, "hold-time")` -> `peers[1].hold-time`; the names of a union's types are left out."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part not in {"str", "int", "float"}:
            path += f".{part}" if path else part
    return path


def _message(detail: ErrorDetails) -> str:
    kind, value = detail["type"], detail["input"]
    if kind == "missing":
        return "is required"
    if kind == "extra_forbidden":
        return "is no known key"
    if kind == "literal_error":
        return f"is {value!r}; expected {detail['ctx']['expected']}"
    if kind in EXPECTED:
        return f"is {shown(value)}; expected {EXPECTED[kind]}"
    return f"is {shown(value)}; {detail['msg'][0].lower()}{detail['msg'][1:]}"


def shown(value: Any) -> str:  # noqa: ANN401 - whatever stood in the text
    """A value as an error quotes it: containers by kind, scalars as written."""
    if value == [] or value == {} or value == "":
        return "empty"
    if isinstance(value, dict | list) or value is None:
        return KINDS[type(value)]
    return f"{value!r}"
