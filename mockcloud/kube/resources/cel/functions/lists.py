"""Lists and sets: Kubernetes' own functions, cel-go's lists (version 3) and its sets."""

from collections.abc import Callable, Hashable, Iterator
from functools import cmp_to_key
from itertools import pairwise
from typing import Any, Final

from mockcloud.kube.resources.cel.declarations import Row
from mockcloud.kube.resources.cel.errors import EvaluationError, no_overload
from mockcloud.kube.resources.cel.functions.operators import bounded
from mockcloud.kube.resources.cel.values import (
    NONE,
    Duration,
    KeyedList,
    Optional,
    UInt,
    equal,
    ordered,
    some,
    token,
)

_COMPARABLE: Final = ("int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes")
_SUMMED: Final = {"int": 0, "uint": UInt(0), "double": 0.0, "duration": Duration(0)}
_MOST_RANGE: Final = 100_000


def _is_sorted(items: list[Any]) -> bool:
    return all(ordered(one, other) <= 0 for one, other in pairwise(items))


def _sum(zero: Any) -> Callable[[list[Any]], Any]:  # noqa: ANN401
    def total(items: list[Any]) -> Any:  # noqa: ANN401
        if isinstance(zero, Duration):
            return Duration.of(sum(item.nanoseconds for item in items))
        found = sum(items, zero)
        return UInt(found) if isinstance(zero, UInt) else bounded(found) if isinstance(zero, int) else found

    return total


def _extreme(name: str, sign: int) -> Callable[[list[Any]], Any]:
    def found(items: list[Any]) -> Any:  # noqa: ANN401
        if not items:
            msg = f"{name} called on empty list"
            raise EvaluationError(msg)
        best = items[0]
        for item in items[1:]:
            if ordered(item, best) == sign:
                best = item
        return best

    return found


def _index_of(items: list[Any], wanted: Any) -> int:  # noqa: ANN401
    return next((i for i, each in enumerate(items) if equal(each, wanted)), -1)


def _last_index_of(items: list[Any], wanted: Any) -> int:  # noqa: ANN401
    return next((i for i in reversed(range(len(items))) if equal(items[i], wanted)), -1)


def _distinct(items: list[Any]) -> list[Any]:
    found: dict[Hashable, Any] = {}
    for item in items:
        found.setdefault(token(item), item)
    return list(found.values())


def _flattened(items: list[Any], depth: int = 1) -> list[Any]:
    if depth < 0:
        msg = "level must be non-negative"
        raise EvaluationError(msg)
    found: list[Any] = []
    for item in items:
        if isinstance(item, list) and depth:
            found += _flattened(item, depth - 1)
        else:
            found.append(item)
    return found


def _range(count: int) -> list[int]:
    if count > _MOST_RANGE:
        msg = f"range of {count} items: at most {_MOST_RANGE}"
        raise EvaluationError(msg)
    return list(range(count))


def _slice(items: list[Any], start: int, end: int) -> list[Any]:
    if start < 0 or end < 0:
        msg = f"cannot slice({start}, {end}), negative indexes not supported"
        raise EvaluationError(msg)
    if start > end:
        msg = f"cannot slice({start}, {end}), start index must be less than or equal to end index"
        raise EvaluationError(msg)
    if end > len(items):
        msg = f"cannot slice({start}, {end}), list is length {len(items)}"
        raise EvaluationError(msg)
    return items[start:end]


def _sorted(items: list[Any]) -> list[Any]:
    return sorted(items, key=cmp_to_key(ordered))


def _first(items: list[Any]) -> Optional:
    return some(items[0]) if items else NONE


def _last(items: list[Any]) -> Optional:
    return some(items[-1]) if items else NONE


def _holds(one: list[Any], other: list[Any]) -> bool:
    return set(map(token, one)).issuperset(map(token, other))


def _intersects(one: list[Any], other: list[Any]) -> bool:
    return not set(map(token, one)).isdisjoint(map(token, other))


def _per_type() -> Iterator[Row]:
    for kind in _COMPARABLE:
        yield f"list<{kind}> :: isSorted() -> bool", _is_sorted
        yield f"list<{kind}> :: min() -> {kind}", _extreme("min", -1)
        yield f"list<{kind}> :: max() -> {kind}", _extreme("max", 1)
        yield f"list<{kind}> :: sort() -> list<{kind}>", _sorted
    for kind, zero in _SUMMED.items():
        yield f"list<{kind}> :: sum() -> {kind}", _sum(zero)


def _plain(items: list[Any]) -> list[Any]:
    if not isinstance(items, list):
        raise no_overload()
    return list(items) if isinstance(items, KeyedList) else items


ROWS: Final[tuple[Row, ...]] = (
    *_per_type(),
    ("list<A> :: indexOf(A) -> int", _index_of),
    ("list<A> :: lastIndexOf(A) -> int", _last_index_of),
    ("list<A> :: distinct() -> list<A>", _distinct),
    ("list<A> :: flatten() -> list<dyn>", _flattened),
    ("list<A> :: flatten(int) -> list<dyn>", _flattened),
    ("list<A> :: reverse() -> list<A>", lambda items: _plain(items)[::-1]),
    ("list<A> :: slice(int, int) -> list<A>", _slice),
    ("list<A> :: first() -> optional<A>", _first),
    ("list<A> :: last() -> optional<A>", _last),
    ("lists.range(int) -> list<int>", _range),
    ("sets.contains(list<A>, list<A>) -> bool", _holds),
    ("sets.equivalent(list<A>, list<A>) -> bool", lambda a, b: _holds(a, b) and _holds(b, a)),
    ("sets.intersects(list<A>, list<A>) -> bool", _intersects),
)
