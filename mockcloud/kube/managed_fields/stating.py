"""What an applied configuration states: each of its fields; and why it is none of its kind."""

from collections.abc import Iterator
from typing import Any

import orjson

from mockcloud.kube.managed_fields.comparing import all_of_item, by_step
from mockcloud.kube.managed_fields.field_sets import LEAF, NOTHING, FieldSet, path_text
from mockcloud.kube.managed_fields.shapes import GUESSED, WHOLE, NoKey, Shape, fields_of

JSON = Any


def stated(shape: Shape, value: JSON) -> FieldSet:
    """The fields that a value states: leaves, and items of lists with them; {} for none."""
    if isinstance(value, dict) and shape.form != "whole":
        return _stated_by_object(shape, value)
    if isinstance(value, list) and shape.form in ("keyed", "set"):
        found: FieldSet = {}
        for step, items in by_step(shape, value).items():
            below = stated(shape.item or WHOLE, items[0]) if len(items) == 1 else NOTHING
            found[step] = {".": LEAF, **below} if below else all_of_item(WHOLE, items)
        return found
    return NOTHING


def problems(shape: Shape, value: JSON, path: str = "") -> Iterator[str]:
    """Why a configuration cannot be applied: unknown fields, other types, the same item twice."""
    wanted = _wanted(shape, value)
    if wanted:
        yield f"{path}: expected {wanted}"
    elif isinstance(value, dict) and shape.form != "whole":
        yield from _problems_of_object(shape, value, path)
    elif isinstance(value, list) and shape.form in ("keyed", "set"):
        yield from _problems_of_list(shape, value, path)


def _problems_of_object(shape: Shape, value: dict[str, JSON], path: str) -> Iterator[str]:
    for name, inner in value.items():
        each = shape.at(name)
        if each is None:
            yield f"{path}.{name}: field not declared in schema"
            return  # as upstream: one is enough
        yield from problems(each, inner, f"{path}.{name}")


def _problems_of_list(shape: Shape, value: list[JSON], path: str) -> Iterator[str]:
    seen: set[str] = set()
    for place, item in enumerate(value):
        try:
            step = shape.step(item)
        except NoKey as exc:
            yield f"{path}: element {place}: {exc}"
            continue
        said = path_text((step,))
        if step in seen:
            yield f"{path}: duplicate entries for key {said}"
        else:
            yield from problems(shape.item or WHOLE, item, path + said)
        seen.add(step)


def _wanted(shape: Shape, value: JSON) -> str:
    """What the value should be and what it is, as upstream says it; "" where it may be this."""
    if value is None:
        return ""
    match shape.form, shape.type:
        case "whole", "string" | "bytes" | "date-time" if not isinstance(value, str):
            return f"string, got &value.valueUnstructured{{Value:{_go_syntax(value)}}}"
        case "whole", "int32" | "int64" | "number" if isinstance(value, bool) or not isinstance(
            value, int | float
        ):
            return f"numeric (int or float), got {_go_type(value)}"
        case "whole", "boolean" if not isinstance(value, bool):
            return f"boolean, got &{{{_go_plain(value)}}}"
        case "struct" | "map", _ if not isinstance(value, dict):
            return f"map, got &{{{_go_plain(value)}}}"
        case "keyed" | "set", _ if not isinstance(value, list):
            return f"list, got &{{{_go_plain(value)}}}"
    return ""


def _go_type(value: JSON) -> str:
    names = {bool: "bool", str: "string", dict: "map[string]interface {}", list: "[]interface {}"}
    return names.get(type(value), "int64")


def _go_syntax(value: JSON) -> str:
    """As Go's `%#v` has it."""
    return _go_type(value) + "{...}" if isinstance(value, dict | list) else orjson.dumps(value).decode()


def _go_plain(value: JSON) -> str:
    """As Go's `%v` has it."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _stated_by_object(shape: Shape, value: dict[str, JSON]) -> FieldSet:
    struct = shape.form == "struct"
    known = fields_of(shape) if struct else {}
    rest = (shape.rest or GUESSED) if struct else GUESSED if shape.form == "guessed" else shape.item or WHOLE
    found: FieldSet = {}
    for name, inner in value.items():
        step, each = known.get(name) or (f"f:{name}", rest)
        below = stated(each, inner)
        is_leaf = _is_leaf(each, inner)
        # What is no field of a struct is in the set itself, beside what it holds.
        if is_leaf or (below and name not in known):
            found[step] = {".": LEAF, **below} if below else LEAF
        elif below:
            found[step] = below
        elif name not in known:
            found[step] = LEAF
    return found


def _is_leaf(shape: Shape, value: JSON) -> bool:
    if value is None or value == {} or shape.form == "whole":
        return True
    return not isinstance(value, dict | list) or (shape.form == "guessed" and isinstance(value, list))
