"""What goes from an object because its applier no longer states it, and nobody else owns it."""

from typing import Any, Final

from mockcloud.kube.managed_fields.field_sets import (
    LEAF,
    NOTHING,
    SELF,
    FieldSet,
    difference,
    has_self,
    intersection,
    union,
)
from mockcloud.kube.managed_fields.shapes import WHOLE, Shape
from mockcloud.kube.managed_fields.stating import stated

JSON = Any
_GONE: Final = object()


def pruned(shape: Shape, merged: JSON, before: FieldSet, owned: FieldSet) -> JSON:
    """`merged` without what the applier stated `before` nobody owns now (`owned`: by all, this one too)."""
    before = _with_structs(shape, before)
    first = removed(shape, merged, before)
    everything = _with_structs(shape, stated(shape, merged))
    kept = union(_with_structs(shape, stated(shape, first)), _with_structs(shape, owned))
    second = removed(shape, merged, difference(everything, kept))
    left = _with_structs(shape, stated(shape, second))
    return removed(shape, merged, intersection(difference(everything, left), before))


def removed(shape: Shape, value: JSON, fields: FieldSet) -> JSON:
    """The value without the fields of the set; what is empty then is null."""
    if not fields:
        return value
    if isinstance(value, dict) and shape.form != "whole":
        found = {
            name: inner
            for name, each in value.items()
            if (inner := _left(shape.at(name) or WHOLE, each, fields.get(f"f:{name}"))) is not _GONE
        }
        return found or None
    if isinstance(value, list) and shape.form in ("keyed", "set"):
        left = [_left(shape.item or WHOLE, item, fields.get(shape.step(item))) for item in value]
        return [item for item in left if item is not _GONE] or None
    return None if isinstance(value, dict | list) else value


def _left(shape: Shape, value: JSON, node: FieldSet | None) -> JSON:
    if node is None:
        return value
    return _GONE if has_self(node) else removed(shape, value, node)


def _with_structs(shape: Shape | None, fields: FieldSet) -> FieldSet:
    """The set, and in it each named field that has one of its fields below it."""
    found: FieldSet = {}
    for step, node in fields.items():
        if step == SELF or not node:
            found[step] = LEAF if step == SELF else node
            continue
        named = (
            step[0] == "f" and shape is not None and shape.form == "struct" and shape.at(step[2:]) is not None
        )
        below = _with_structs(_below(shape, step), node)
        found[step] = {SELF: LEAF, **below} if named else below
    return found or NOTHING


def _below(shape: Shape | None, step: str) -> Shape | None:
    if shape is None:
        return None
    return shape.at(step[2:]) if step[0] == "f" else shape.item
