"""pydantic's errors -> faults in our words, with a path as a person would write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from pydantic import BaseModel

from baremetal_lb.decide.suggestions import did_you_mean
from baremetal_lb.model.errors import ConfigFault
from baremetal_lb.model.quoting import cut

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
KINDS: Final = {dict: "a mapping", list: "a list", type(None): "nothing"}


LONGEST: Final = 200  # characters of a value that an error quotes


def faults(
    error: ValidationError, model: type[BaseModel], prefix: Sequence[str | int] = ()
) -> Iterator[ConfigFault]:
    """All of them, below `prefix`, in the order of the text."""
    for detail in error.errors(include_url=False):
        yield ConfigFault(dotted((*prefix, *detail["loc"])), _message(detail, model))


def dotted(location: Sequence[str | int]) -> str:
    """`("peers", 1, "hold-time")` -> `peers[1].hold-time`; what can't be printed is escaped."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            word = part if part.isprintable() and len(part) <= LONGEST else cut(repr(part), LONGEST)
            path += f".{word}" if path else word
    return path


def _message(detail: ErrorDetails, model: type[BaseModel]) -> str:
    kind, value = detail["type"], detail["input"]
    if kind == "missing":
        return "is required"
    if kind == "extra_forbidden":
        word = str(detail["loc"][-1])
        known = {key: key for key in _keys(model, detail["loc"][:-1])}
        return f"is not a known key; {did_you_mean(word, known)}"
    if kind == "literal_error":
        return f"is {shown(value)}; expected {detail['ctx']['expected']}"
    if kind in EXPECTED:
        return f"is {shown(value)}; expected {EXPECTED[kind]}"
    return f"is {shown(value)}; {detail['msg'][0].lower()}{detail['msg'][1:]}"


def _keys(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """The keys of the section at a place below `model`."""
    for part in location:
        field = next((each for each in model.model_fields.values() if each.alias == part), None)
        inner = next(_models(field.annotation), None) if field else None
        model = inner or model
    return [field.alias for field in model.model_fields.values() if field.alias]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - a type, or a form of typing
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def shown(value: Any) -> str:  # noqa: ANN401 - whatever stood in the text
    """A value as an error quotes it: containers by kind, scalars as written."""
    if value == [] or value == {} or value == "":
        return "empty"
    if isinstance(value, dict | list) or value is None:
        return KINDS[type(value)]
    return cut(repr(value), LONGEST)
