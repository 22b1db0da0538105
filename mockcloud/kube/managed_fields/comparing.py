"""What a write changed: the fields that it set or changed, and those that it took away."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockcloud.kube.managed_fields.field_sets import LEAF, NOTHING, FieldSet, node_of
from mockcloud.kube.managed_fields.shapes import EMPTY_TEXTS, GUESSED, WHOLE, Shape, fields_of

JSON = Any
_ABSENT: Final = object()
_NULL_OR_ABSENT: Final = {id(None), id(_ABSENT)}


@dataclass(frozen=True, slots=True)
class Changes:
    """From one object to another: the fields added or changed, and the fields removed."""

    changed: FieldSet
    removed: FieldSet

    def __bool__(self) -> bool:
        return bool(self.changed or self.removed)


def changes(shape: Shape, old: Mapping[str, JSON], new: Mapping[str, JSON]) -> Changes:
    """What leads from `old` ({} for a new object) to `new`, both of one kind."""
    changed: FieldSet = {}
    removed: FieldSet = {}
    _compare_objects(shape, old, new, (changed, removed))
    return Changes(changed or NOTHING, removed or NOTHING)


def all_of(shape: Shape, value: JSON) -> FieldSet:
    """A value and all below it, as what stands under the step to it."""
    form = shape.form
    if form == "whole":
        return LEAF
    if isinstance(value, dict):
        children = _all_of_object(shape, value)
    elif isinstance(value, list) and form in ("keyed", "set"):
        children = {step: all_of_item(shape, items) for step, items in by_step(shape, value).items()}
    else:
        return LEAF
    found = node_of(children, itself=True)
    return LEAF if found is None else found


def all_of_item(shape: Shape, items: list[JSON]) -> FieldSet:
    """An item of a list; items that have the same step are one whole."""
    return all_of(shape.item or WHOLE, items[0]) if len(items) == 1 else LEAF


def by_step(shape: Shape, items: list[JSON]) -> dict[str, list[JSON]]:
    """The items of a list by their steps: more than one where they have the same."""
    found: dict[str, list[JSON]] = {}
    for item in items:
        found.setdefault(shape.step(item), []).append(item)
    return found


def _all_of_object(shape: Shape, value: Mapping[str, JSON]) -> FieldSet:
    if shape.form == "struct":
        known, rest = fields_of(shape), shape.rest or GUESSED
        found: FieldSet = {}
        for name, inner in value.items():
            if inner == "" and _is_left_out(shape, name):
                continue
            step, each = known.get(name) or (f"f:{name}", rest)
            found[step] = LEAF if each.form == "whole" else all_of(each, inner)
        return found
    item = GUESSED if shape.form == "guessed" else shape.item or WHOLE
    if item.form == "whole":
        return dict.fromkeys([f"f:{name}" for name in value], LEAF)
    return {f"f:{name}": all_of(item, inner) for name, inner in value.items()}


_Found = tuple[FieldSet, FieldSet]
"""Where what was changed is put, and what was removed."""


def _compare_objects(shape: Shape, old: Mapping[str, JSON], new: Mapping[str, JSON], found: _Found) -> None:
    known, struct = (fields_of(shape), True) if shape.form == "struct" else ({}, False)
    rest = (shape.rest or GUESSED) if struct else GUESSED if shape.form == "guessed" else shape.item or WHOLE
    for name in (*new, *(name for name in old if name not in new)):
        before, after = old.get(name, _ABSENT), new.get(name, _ABSENT)
        if after == "" and struct and _is_left_out(shape, name):
            after = _ABSENT
        if before is after or (before == after and type(before) is type(after)):
            continue
        step, each = known.get(name) or (f"f:{name}", rest)
        if {id(before), id(after)} == _NULL_OR_ABSENT:
            continue
        if struct and name in shape.present:
            before, after = _zero(each, before, after), _zero(each, after, before)
        _compare(each, before, after, (step, *found))


def _is_left_out(shape: Shape, name: str) -> bool:
    """Whether Go leaves an empty text out."""
    return shape.is_go and name not in shape.present and name not in EMPTY_TEXTS


def _zero(shape: Shape, value: JSON, other: JSON) -> JSON:
    """What Go writes where there is nothing: an empty struct, null for what is a whole list or map."""
    if value is not _ABSENT:
        return value
    if other is None or (shape.form == "whole" and isinstance(other, dict | list)):
        return None
    return type(other)()


def _compare(shape: Shape, before: JSON, after: JSON, at: tuple[str, FieldSet, FieldSet]) -> None:
    step, changed, removed = at
    if before is _ABSENT:
        changed[step] = all_of(shape, after)
    elif after is _ABSENT:
        removed[step] = all_of(shape, before)
    elif _has_parts(shape, before, after):
        below: _Found = ({}, {})
        if isinstance(before, dict):
            _compare_objects(shape, before, after, below)
        else:
            _compare_lists(shape, before, after, below)
        for into, inner in zip((changed, removed), below, strict=True):
            if inner:
                into[step] = inner
    elif before != after:
        changed[step] = LEAF


def _has_parts(shape: Shape, before: JSON, after: JSON) -> bool:
    """Whether both are compared part by part, rather than as one whole."""
    if shape.form == "whole":
        return False
    if isinstance(before, dict):
        return isinstance(after, dict)
    return shape.form in ("keyed", "set") and isinstance(before, list) and isinstance(after, list)


def _compare_lists(shape: Shape, before: list[JSON], after: list[JSON], found: _Found) -> None:
    old, new = by_step(shape, before), by_step(shape, after)
    for step in {**old, **new}:
        was, now = old.get(step, []), new.get(step, [])
        if was == now:
            continue
        if len(was) == 1 and len(now) == 1:
            _compare(shape.item or WHOLE, was[0], now[0], (step, *found))
        elif len(was) > 1 and len(now) > 1:
            found[0][step] = LEAF
        else:
            if was:
                found[1][step] = all_of_item(shape, was)
            if now:
                found[0][step] = all_of_item(shape, now)
