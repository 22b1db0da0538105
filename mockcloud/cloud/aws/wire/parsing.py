"""A form to Python values, as botocore's clients have them, by the model of what is asked."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from mockcloud.cloud.aws.wire.models import operation_model, protocol
from mockcloud.cloud.core.numbers import whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mockcloud.cloud.aws.wire.models import Shape

# Names between the dots, one level each; a node's own text is under "".
Tree: TypeAlias = "dict[str, Any]"


class Fault(StrEnum):
    """What may be wrong with a parameter."""

    MISSING = "missing"
    TYPE = "type"
    UNKNOWN = "unknown"
    CONSTRAINT = "constraint"


@dataclass(frozen=True, slots=True)
class Problem:
    """`path` as the request has it, `value` as text, `expected` in words."""

    fault: Fault
    path: str
    value: str = ""
    expected: str = ""


@dataclass(slots=True)
class Parsed:
    """What was asked, and what is wrong with it."""

    wanted: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)


def parse(service: str, operation: str, form: Iterable[tuple[str, str]]) -> Parsed:
    """What a form asks an operation for. What cannot be read is among the problems."""
    shape = operation_model(service, operation).input_shape
    if shape is None:
        return Parsed({})
    reader = _Reader(protocol(service))
    wanted = reader.structure(shape, _tree(form), "")
    return Parsed(wanted, reader.problems)


def _tree(form: Iterable[tuple[str, str]]) -> Tree:
    root: Tree = {}
    for key, text in form:
        node = root
        for part in key.split("."):
            node = node.setdefault(part, {})
        node[""] = text
    return root


class _Reader:
    def __init__(self, spoken: str) -> None:
        self._ec2 = spoken == "ec2"
        self.problems: list[Problem] = []

    def structure(self, shape: Shape, tree: Tree, path: str) -> dict[str, Any]:
        names = _ec2_members(shape) if self._ec2 else _query_members(shape)
        found: dict[str, Any] = {}
        for key, below in tree.items():
            if key in names:
                member, inner = names[key]
                found[member] = self._value(inner, below, f"{path}{key}")
            elif key and self._ec2:
                self.problems.append(Problem(Fault.UNKNOWN, f"{path}{key}"))
        return found

    def _value(self, shape: Shape, tree: Tree, path: str) -> Any:  # noqa: ANN401 - any shape's
        match shape.type_name:
            case "structure":
                return self.structure(shape, tree, f"{path}.")
            case "list":
                return self._list(shape, tree, path)
            case "map":
                return self._map(shape, tree, path)
        return self._scalar(shape.type_name, tree.get("", ""), path)

    def _list(self, shape: Shape, tree: Tree, path: str) -> list[Any]:
        if not self._ec2 and not shape.serialization.get("flattened"):
            tree = tree.get(shape.member.serialization.get("name", "member"), {})
        return [self._value(shape.member, tree[each], f"{path}.{each}") for each in self._numbers(tree, path)]

    def _map(self, shape: Shape, tree: Tree, path: str) -> dict[str, Any]:
        if not shape.serialization.get("flattened"):
            tree = tree.get("entry", {})
        key_name = shape.key.serialization.get("name", "key")
        value_name = shape.value.serialization.get("name", "value")
        return {
            tree[each].get(key_name, {}).get("", ""): self._value(
                shape.value, tree[each].get(value_name, {}), f"{path}.{each}.{value_name}"
            )
            for each in self._numbers(tree, path)
        }

    def _numbers(self, tree: Tree, path: str) -> list[str]:
        numbers = {each: whole_number(each) for each in tree if each}
        self.problems += [
            Problem(Fault.UNKNOWN, f"{path}.{each}") for each, number in numbers.items() if number is None
        ]
        known = {each: number for each, number in numbers.items() if number is not None}
        return sorted(known, key=known.__getitem__)

    def _scalar(self, kind: str, text: str, path: str) -> Any:  # noqa: ANN401
        read = _SCALARS.get(kind)
        if read is None:
            return text
        try:
            return read(text)
        except ValueError:
            self.problems.append(Problem(Fault.TYPE, path, text, kind))
            return None


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _blob(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error


_SCALARS: dict[str, Callable[[str], Any]] = {
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "boolean": _boolean,
    "timestamp": _moment,
    "blob": _blob,
}


@cache
def _query_members(shape: Shape) -> dict[str, tuple[str, Shape]]:
    """Name on the wire -> member and its shape."""
    found = {}
    for member, inner in shape.members.items():
        name = inner.serialization.get("name", member)
        if inner.type_name == "list" and inner.serialization.get("flattened"):
            name = inner.member.serialization.get("name", name)
        found[name] = (member, inner)
    return found


@cache
def _ec2_members(shape: Shape) -> dict[str, tuple[str, Shape]]:
    found = {}
    for member, inner in shape.members.items():
        given = inner.serialization.get("name", "")
        name = inner.serialization.get("queryName") or given[:1].upper() + given[1:] or member
        found[name] = (member, inner)
    return found
