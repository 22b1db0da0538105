"""Resource quantities: exact numbers that are written as `500m`, `1Gi` or `1e3` (apimachinery's Quantity)."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final

from mockcloud.quantities import amount

BINARY: Final[Mapping[str, Fraction]] = {
    "": Fraction(1),
    **{f"{letter}i": Fraction(1024**power) for power, letter in enumerate("KMGTPE", 1)},
}
DECIMAL: Final[Mapping[str, Fraction]] = {
    name: Fraction(10) ** (3 * power)
    for power, name in zip(range(-3, 7), ("n", "u", "m", "", "k", "M", "G", "T", "P", "E"), strict=True)
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, and in which form it is written: "binary", "decimal" or "exponent"."""

    amount: Fraction = Fraction(0)
    form: str = "decimal"

    def __add__(self, other: "Quantity") -> "Quantity":
        """The sum, in the form of the first that is not nothing."""
        return Quantity(self.amount + other.amount, self.form if self.amount else other.form)

    def __sub__(self, other: "Quantity") -> "Quantity":
        """The difference, and nothing where it would be less."""
        return Quantity(max(Fraction(0), self.amount - other.amount), self.form)

    def __le__(self, other: "Quantity") -> bool:
        """Whether it is no more than the other."""
        return self.amount <= other.amount

    def __lt__(self, other: "Quantity") -> bool:
        """Whether it is less than the other."""
        return self.amount < other.amount

    def __str__(self) -> str:
        """The shortest text, as upstream writes it."""
        if self.form == "binary" and abs(self.amount) >= 1024 and self.amount.denominator == 1:
            return _by(self.amount, BINARY)
        if self.form == "exponent":
            text = _by(self.amount, DECIMAL)
            power = 3 * (list(DECIMAL).index(text.lstrip("+-0123456789")) - 3)
            return f"{text.rstrip('numkMGTPE')}e{power}" if power else text
        return _by(self.amount, DECIMAL)


def count(number: int) -> Quantity:
    """So many of something."""
    return Quantity(Fraction(number))


def parse_quantity(text: object) -> Quantity:
    """From a number or a text; ValueError for one that is none."""
    written = str(text)
    if written.endswith("i"):
        return Quantity(amount(written), "binary")
    has_exponent = "e" in written.rstrip("E").lower()
    return Quantity(amount(written), "exponent" if has_exponent else "decimal")


@lru_cache(maxsize=4096)
def canonical(text: str) -> str:
    """As upstream writes it: `500m` for `0.5`, `1Gi` for `1024Mi`; ValueError where it is none."""
    return str(parse_quantity(text))


Amounts = dict[str, Quantity]
"""How much of each resource."""


def parsed(amounts: Mapping[str, object] | None) -> Amounts:
    """From a map of quantities; what is no quantity is left out."""
    found: Amounts = {}
    for name, text in (amounts or {}).items():
        try:
            found[name] = parse_quantity(text)
        except ValueError:
            continue
    return found


def texts(amounts: Amounts) -> dict[str, str]:
    """As the API writes them."""
    return {name: str(amounts[name]) for name in sorted(amounts)}


def added(one: Amounts, other: Amounts) -> Amounts:
    """The sums; what only one has is as it is there."""
    return {name: one.get(name, Quantity()) + other.get(name, Quantity()) for name in {**one, **other}}


def larger(one: Amounts, other: Amounts) -> Amounts:
    """The larger of each."""
    return {name: max(one.get(name, Quantity()), other.get(name, Quantity())) for name in {**one, **other}}


def _by(number: Fraction, units: Mapping[str, Fraction]) -> str:
    """With the largest unit that leaves a whole number."""
    if not number:
        return "0"
    name, size = next(
        (name, size) for name, size in reversed(list(units.items())) if (number / size).denominator == 1
    )
    return f"{number / size}{name}"
