"""Quantities: `quantity('100Mi')`."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from mockcloud.kube.resources.cel.declarations import Row
from mockcloud.kube.resources.cel.errors import EvaluationError
from mockcloud.kube.resources.cel.values import LARGEST_INT, SMALLEST_INT
from mockcloud.quantities import amount


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount."""

    amount: Fraction
    cel_type: str = field(default="kubernetes.Quantity", compare=False)


def _quantity(text: str) -> Quantity:
    try:
        return Quantity(amount(text))
    except ValueError as exc:
        msg = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        raise EvaluationError(msg) from exc


def _is_quantity(text: str) -> bool:
    try:
        _quantity(text)
    except EvaluationError:
        return False
    return True


def _is_integer(quantity: Quantity) -> bool:
    return quantity.amount.denominator == 1 and SMALLEST_INT <= quantity.amount <= LARGEST_INT


def _as_integer(quantity: Quantity) -> int:
    if not _is_integer(quantity):
        msg = "cannot convert value to integer"
        raise EvaluationError(msg)
    return int(quantity.amount)


def _order(one: Quantity, other: Quantity) -> int:
    return (one.amount > other.amount) - (one.amount < other.amount)


ROWS: Final[tuple[Row, ...]] = (
    ("quantity(string) -> Quantity", _quantity),
    ("isQuantity(string) -> bool", _is_quantity),
    ("Quantity :: sign() -> int", lambda q: (q.amount > 0) - (q.amount < 0)),
    ("Quantity :: isGreaterThan(Quantity) -> bool", lambda a, b: _order(a, b) > 0),
    ("Quantity :: isLessThan(Quantity) -> bool", lambda a, b: _order(a, b) < 0),
    ("Quantity :: compareTo(Quantity) -> int", _order),
    ("Quantity :: asApproximateFloat() -> double", lambda q: float(q.amount)),
    ("Quantity :: asInteger() -> int", _as_integer),
    ("Quantity :: isInteger() -> bool", _is_integer),
    ("Quantity :: add(Quantity) -> Quantity", lambda a, b: Quantity(a.amount + b.amount)),
    ("Quantity :: add(int) -> Quantity", lambda a, b: Quantity(a.amount + b)),
    ("Quantity :: sub(Quantity) -> Quantity", lambda a, b: Quantity(a.amount - b.amount)),
    ("Quantity :: sub(int) -> Quantity", lambda a, b: Quantity(a.amount - b)),
)
