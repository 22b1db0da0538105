"""Sets of fields of an object, in the very form of `fieldsV1`: `{"f:spec": {"f:replicas": {}}}`.

A key is a step on the way: `f:NAME` is a field, `k:{"name":"a"}` an item of a list by its keys, `v:"a"` one
of a set. What is reached is in the set where it has the key "." or is empty. Sets are never changed: each
function gives a new one that may share parts with the old.
"""

from collections.abc import Iterator
from functools import lru_cache
from sys import intern
from typing import Any, Final, TypeAlias

import orjson

FieldSet: TypeAlias = dict[str, Any]
"""Step -> FieldSet."""
Path: TypeAlias = tuple[str, ...]

SELF: Final = "."
LEAF: Final[FieldSet] = {}
"""A field in the set, with nothing below it."""
NOTHING: Final[FieldSet] = {}
"""As a whole set, rather than a field in one: the set of no field."""
_REMEMBERED: Final = 2048
"""Results that are kept: the writes of a controller are much alike."""


def field_step(name: str) -> str:
    """The step to a field."""
    return f"f:{name}"


def has_self(node: FieldSet) -> bool:
    """Whether the field that was reached is in the set itself."""
    return not node or SELF in node


def node_of(children: FieldSet, *, itself: bool) -> FieldSet | None:
    """What stands under a step; None where nothing does."""
    if not children:
        return LEAF if itself else None
    return {SELF: LEAF, **children} if itself else children


def union(a: FieldSet, b: FieldSet) -> FieldSet:
    """The fields of both."""
    return {**a, **{step: _union(a[step], node) if step in a else node for step, node in b.items()}}


def difference(a: FieldSet, b: FieldSet) -> FieldSet:
    """The fields of `a` that are not in `b`; what is below a field of `b` is another field."""
    kept: FieldSet = {}
    for step, node in a.items():
        left = _difference(node, b[step]) if step in b else node
        if left is not None:
            kept[step] = left
    return kept


def intersection(a: FieldSet, b: FieldSet) -> FieldSet:
    """The fields that are in both."""
    kept: FieldSet = {}
    for step, node in a.items():
        if step in b and (common := _intersection(node, b[step])) is not None:
            kept[step] = common
    return kept


def paths(fields: FieldSet) -> Iterator[Path]:
    """Each field of the set, as the steps that lead to it, in upstream's order."""
    for step in sorted(fields, key=_rank):
        node = fields[step]
        if step != SELF and has_self(node):
            yield (step,)
    for step in sorted(fields, key=_rank):
        if step != SELF:
            for below in paths(fields[step]):
                yield (step, *below)


def path_text(path: Path) -> str:
    """A path as messages name it: `.spec.ports[port=80,protocol="TCP"].name`."""
    return "".join(map(_step_text, path))


def text_of(fields: FieldSet) -> str:
    """The set as JSON, one text for one set. Equal texts are one object: thousands have them."""
    return intern(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS).decode())


@lru_cache(maxsize=256)
def parsed(text: str) -> FieldSet:
    """The set of a JSON text, not to be changed."""
    fields: FieldSet = orjson.loads(text)
    return fields


@lru_cache(maxsize=_REMEMBERED)
def without(text: str, gone: str) -> str:
    """`difference` of texts."""
    return text_of(difference(parsed(text), parsed(gone)))


@lru_cache(maxsize=_REMEMBERED)
def joined(text: str, more: str) -> str:
    """`union` of texts."""
    return text_of(union(parsed(text), parsed(more)))


def _children(node: FieldSet) -> FieldSet:
    return {step: inner for step, inner in node.items() if step != SELF} if SELF in node else node


def _union(a: FieldSet, b: FieldSet) -> FieldSet:
    if a is b:
        return a
    found = node_of(union(_children(a), _children(b)), itself=has_self(a) or has_self(b))
    return LEAF if found is None else found


def _difference(a: FieldSet, b: FieldSet) -> FieldSet | None:
    return node_of(difference(_children(a), _children(b)), itself=has_self(a) and not has_self(b))


def _intersection(a: FieldSet, b: FieldSet) -> FieldSet | None:
    return node_of(intersection(_children(a), _children(b)), itself=has_self(a) and has_self(b))


def _rank(step: str) -> tuple[int, Any]:
    kind = "fkvi".find(step[0])
    if kind == 1:
        return kind, [(name, str(type(value)), value) for name, value in orjson.loads(step[2:]).items()]
    return kind, step


def _step_text(step: str) -> str:
    kind, said = step[0], step[2:]
    if kind == "f":
        return f".{said}"
    if kind == "k":
        pairs = orjson.loads(said).items()
        return f"[{','.join(f'{name}={orjson.dumps(value).decode()}' for name, value in pairs)}]"
    return f"[={said}]" if kind == "v" else f"[{said}]"
