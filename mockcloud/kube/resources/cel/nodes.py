"""The parts of an expression. `at` is the offset in the text that complaints point at."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, kw_only=True)
class Node:
    """Any part."""

    at: int = 0


@dataclass(slots=True)
class Literal(Node):
    """A value that stands in the text."""

    value: Any


@dataclass(slots=True)
class Ident(Node):
    """A variable, or the name of a type."""

    name: str


@dataclass(slots=True)
class Select(Node):
    """`operand.field`; `optional`: `operand.?field`; `test`: `has(operand.field)`."""

    operand: Node
    field: str
    optional: bool = False
    test: bool = False
    variable: str = ""
    """Set by the checker where the whole is a variable with a dot in its name."""


@dataclass(slots=True)
class Index(Node):
    """`operand[key]`; `optional`: `operand[?key]`."""

    operand: Node
    key: Node
    optional: bool = False


@dataclass(slots=True)
class Call(Node):
    """A function or an operator; `is_member`: the first argument stood before the dot."""

    function: str
    args: list[Node]
    is_member: bool = False


@dataclass(slots=True)
class ListOf(Node):
    """`[a, ?b]`: (element, whether it may be absent)."""

    elements: list[tuple[Node, bool]] = field(default_factory=list)


@dataclass(slots=True)
class MapOf(Node):
    """`{key: value, ?key: value}`: (key, value, whether it may be absent)."""

    entries: list[tuple[Node, Node, bool]] = field(default_factory=list)


@dataclass(slots=True)
class Fold(Node):
    """A macro over a list or map: `names` are its variables, `parts` what it computes with them."""

    macro: str
    over: Node
    names: tuple[str, ...]
    parts: list[Node]
