"""The values of expressions that Python has no type for, and what all values have in common.

int, float, str, bytes, bool, None, list and dict are themselves; a timestamp is a datetime with a time zone.
"""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from mockcloud.kube.resources.cel.errors import EvaluationError, no_overload

SMALLEST_INT: Final = -(1 << 63)
LARGEST_INT: Final = (1 << 63) - 1
LARGEST_UINT: Final = (1 << 64) - 1
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_NANOSECONDS: Final = LARGEST_INT


class UInt(int):
    """A whole number that is never negative."""


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A span of time."""

    nanoseconds: int

    @classmethod
    def of(cls, nanoseconds: int) -> "Duration":
        """The span; EvaluationError where it is too long."""
        if abs(nanoseconds) > _MOST_NANOSECONDS:
            msg = "integer overflow"
            raise EvaluationError(msg)
        return cls(nanoseconds)

    @property
    def delta(self) -> timedelta:
        """As Python has it, in microseconds."""
        return timedelta(microseconds=self.nanoseconds // 1000)

    def __str__(self) -> str:
        """`90s`, `0.5s`, as the language prints it."""
        whole, part = divmod(abs(self.nanoseconds), 10**9)
        fraction = f".{part:09d}".rstrip("0") if part else ""
        return f"{'-' if self.nanoseconds < 0 else ''}{whole}{fraction}s"


@dataclass(frozen=True, slots=True)
class TypeName:
    """What `type(x)` is."""

    name: str


@dataclass(frozen=True, slots=True)
class Optional:
    """A value that may be absent."""

    value: Any = None
    present: bool = False


NONE: Final = Optional()


class KeyedList(list[Any]):
    """A list whose order does not count: `keys` say which items are the same, () for whole items."""

    keys: tuple[str, ...] = ()

    def identity(self, item: Any) -> Any:  # noqa: ANN401
        """What an item is known by."""
        if not self.keys or not isinstance(item, dict):
            return item
        return [item.get(key) for key in self.keys]


def some(value: Any) -> Optional:  # noqa: ANN401
    """A value that is there."""
    return Optional(value, present=True)


_TYPE_NAMES: Final[dict[type, str]] = {
    type(None): "null_type",
    bool: "bool",
    UInt: "uint",
    int: "int",
    float: "double",
    str: "string",
    bytes: "bytes",
    list: "list",
    KeyedList: "list",
    dict: "map",
    datetime: "google.protobuf.Timestamp",
    Duration: "google.protobuf.Duration",
    TypeName: "type",
    Optional: "optional_type",
}


def type_name(value: Any) -> str:  # noqa: ANN401
    """The name of a value's type."""
    return _TYPE_NAMES.get(type(value)) or str(getattr(value, "cel_type", "map"))


def is_number(value: object) -> bool:
    """Whether it is an int, uint or double."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_whole(value: object) -> bool:
    """Whether it is a number without a fraction."""
    return is_number(value) and float(value).is_integer()  # type: ignore[arg-type]


def equal(one: Any, other: Any) -> bool:  # noqa: ANN401
    """Equality: numbers by value, whatever their types; values of different types differ."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, str | int | float) and isinstance(other, str | int | float):
        return one == other
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return False
        if isinstance(one, KeyedList):
            return _same_items(one, other)
        return all(map(equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return len(one) == len(other) and all(k in other and equal(v, other[k]) for k, v in one.items())
    if isinstance(one, Optional) and isinstance(other, Optional):
        return one.present == other.present and equal(one.value, other.value)
    return bool(one == other) if type(one) is type(other) else False


def _same_items(one: KeyedList, other: Sequence[Any]) -> bool:
    return Counter(map(token, one)) == Counter(map(token, other))


def token(value: Any) -> Hashable:  # noqa: ANN401
    """The same for two values if, and only if, they are equal: by it lists are searched in one pass."""
    match value:
        case bool() | None:
            return (type(value), value)
        case float() if math.isnan(value):
            return object()
        case str() | int() | float():
            return value
        case KeyedList():
            return (list, frozenset(Counter(map(token, value)).items()))
        case list():
            return (list, tuple(map(token, value)))
        case dict():
            return (dict, frozenset((key, token(inner)) for key, inner in value.items()))
        case Optional():
            return (Optional, value.present, token(value.value))
        case _:
            return (type(value), value)


def ordered(one: Any, other: Any) -> int:  # noqa: ANN401
    """-1, 0 or 1; EvaluationError where the two have no order."""
    kinds = ((str,), (bytes,), (datetime,), (Duration,), (bool,))
    alike = (is_number(one) and is_number(other)) or any(
        isinstance(one, kind) and isinstance(other, kind) for kind in kinds
    )
    if not alike:
        raise no_overload()
    return int(one > other) - int(one < other)


def size_of(value: Any) -> int:  # noqa: ANN401
    """How much there is to go through, as costs count it: an item, or ten characters, each."""
    if isinstance(value, str | bytes):
        return len(value) // 10
    if isinstance(value, list):
        return len(value) + sum(size_of(each) for each in value)
    if isinstance(value, dict):
        return len(value) + sum(size_of(each) for each in value.values())
    return 0
