"""Operators. Equality, and those that may look at one side alone, are evaluated elsewhere."""

import math
import operator
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

from mockcloud.kube.resources.cel.declarations import Row
from mockcloud.kube.resources.cel.errors import EvaluationError
from mockcloud.kube.resources.cel.values import (
    LARGEST_INT,
    LARGEST_UINT,
    SMALLEST_INT,
    Duration,
    KeyedList,
    UInt,
    equal,
    ordered,
    token,
)


def bounded(value: int) -> int:
    """An int of 64 bits."""
    if not SMALLEST_INT <= value <= LARGEST_INT:
        msg = "integer overflow"
        raise EvaluationError(msg)
    return value


def unsigned(value: int) -> UInt:
    """A uint of 64 bits."""
    if not 0 <= value <= LARGEST_UINT:
        msg = "unsigned integer overflow"
        raise EvaluationError(msg)
    return UInt(value)


def _divided(one: int, other: int) -> int:
    """As Go does it: towards zero."""
    if other == 0:
        msg = "division by zero"
        raise EvaluationError(msg)
    quotient = abs(one) // abs(other)
    return quotient if (one < 0) == (other < 0) else -quotient


def _modulus(one: int, other: int) -> int:
    if other == 0:
        msg = "modulus by zero"
        raise EvaluationError(msg)
    return int(math.copysign(1, one)) * (abs(one) % abs(other))


def _divided_double(one: float, other: float) -> float:
    if other:
        return one / other
    return math.nan if not one or math.isnan(one) else math.copysign(math.inf, one) * math.copysign(1, other)


def _multiplied(one: float, other: float) -> float:
    return one * other


def _moved(moment: datetime, span: Duration, sign: int = 1) -> datetime:
    try:
        return moment + sign * span.delta
    except OverflowError as exc:
        msg = "timestamp overflow"
        raise EvaluationError(msg) from exc


def _span(one: datetime, other: datetime) -> Duration:
    delta = one - other
    return Duration.of((delta.days * 86400 + delta.seconds) * 10**9 + delta.microseconds * 1000)


def joined(one: list[Any], other: list[Any]) -> list[Any]:
    """One list behind the other; in sets and maps each item is there once, the later one wins."""
    if not isinstance(one, KeyedList):
        return [*one, *other]
    items = {token(one.identity(item)): item for item in (*one, *other)}
    found = KeyedList(items.values())
    found.keys = one.keys
    return found


def _has(item: Any, items: Any) -> bool:  # noqa: ANN401
    if isinstance(items, dict):
        return not isinstance(item, list | dict) and item in items
    return any(equal(item, each) for each in items)


def _whole_numbers(sign: str, work: Callable[[int, int], int]) -> Iterator[Row]:
    yield f"_{sign}_(int, int) -> int", lambda a, b: bounded(work(a, b))
    yield f"_{sign}_(uint, uint) -> uint", lambda a, b: unsigned(work(a, b))


def _comparison(sign: str, test: Callable[[int], bool]) -> Iterator[Row]:
    def compare(one: Any, other: Any) -> bool:  # noqa: ANN401
        return test(ordered(one, other)) if one == one and other == other else False

    numbers = ("int", "uint", "double")
    pairs = [(a, b) for a in numbers for b in numbers]
    pairs += [(each, each) for each in ("bool", "string", "bytes", "timestamp", "duration")]
    for one, other in pairs:
        yield f"_{sign}_({one}, {other}) -> bool", compare


def _is_special(*_args: object) -> object:
    raise AssertionError  # the evaluator knows these itself


ROWS: Final[tuple[Row, ...]] = (
    ("_&&_(bool, bool) -> bool", _is_special),
    ("_||_(bool, bool) -> bool", _is_special),
    ("_?_:_(bool, A, A) -> A", _is_special),
    ("_==_(A, A) -> bool", _is_special),
    ("_!=_(A, A) -> bool", _is_special),
    ("!_(bool) -> bool", operator.not_),
    ("-_(int) -> int", lambda a: bounded(-a)),
    ("-_(double) -> double", operator.neg),
    *_whole_numbers("+", operator.add),
    *_whole_numbers("-", operator.sub),
    *_whole_numbers("*", operator.mul),
    *_whole_numbers("/", _divided),
    *_whole_numbers("%", _modulus),
    ("_+_(double, double) -> double", operator.add),
    ("_-_(double, double) -> double", operator.sub),
    ("_*_(double, double) -> double", _multiplied),
    ("_/_(double, double) -> double", _divided_double),
    ("_+_(string, string) -> string", operator.add),
    ("_+_(bytes, bytes) -> bytes", operator.add),
    ("_+_(list<A>, list<A>) -> list<A>", joined),
    ("_+_(timestamp, duration) -> timestamp", _moved),
    ("_+_(duration, timestamp) -> timestamp", lambda a, b: _moved(b, a)),
    ("_+_(duration, duration) -> duration", lambda a, b: Duration.of(a.nanoseconds + b.nanoseconds)),
    ("_-_(timestamp, duration) -> timestamp", lambda a, b: _moved(a, b, -1)),
    ("_-_(timestamp, timestamp) -> duration", _span),
    ("_-_(duration, duration) -> duration", lambda a, b: Duration.of(a.nanoseconds - b.nanoseconds)),
    *_comparison("<", lambda order: order < 0),
    *_comparison("<=", lambda order: order <= 0),
    *_comparison(">", lambda order: order > 0),
    *_comparison(">=", lambda order: order >= 0),
    ("@in(A, list<A>) -> bool", _has),
    ("@in(A, map<A,B>) -> bool", _has),
)
