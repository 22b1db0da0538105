"""Quantities as Kubernetes writes them (`100m`, `64Mi`, `1e3`), as whole numbers of a unit. Pure."""

import re
from fractions import Fraction
from math import ceil
from typing import Final

FORM: Final = re.compile(r"([+-]?[0-9]*\.?[0-9]+|[+-]?[0-9]+\.)([eE][+-]?[0-9]+|[numkMGTPE]|[KMGTPE]i)?")
DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BILLION: Final = 10**9
MOST: Final = 2**63 - 1  # resource.Quantity: what is larger counts as this
MOST_EXPONENT: Final = (
    2000  # no text that an object may hold brings a larger or smaller one back within bounds
)
BINARY: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


def amount(text: str) -> Fraction:
    """The number, bounded and in billionths as resource.Quantity has it; ValueError where it is none."""
    match = FORM.fullmatch(text)
    if match is None:
        msg = f"quantity {text!r}: expected a number with a suffix such as m, k, Mi or e3"
        raise ValueError(msg)
    number, suffix = Fraction(match[1]), match[2] or ""
    exact = max(min(number * _scale(suffix), Fraction(MOST)), Fraction(-MOST))
    size = Fraction(ceil(abs(exact) * BILLION), BILLION)
    return size if exact >= 0 else -size


def _scale(suffix: str) -> Fraction:
    """What the number before a suffix counts in; `1e999999999` is cut, or it would be computed for ever."""
    if suffix in BINARY:
        return Fraction(1 << BINARY[suffix])
    exponent = DECIMAL[suffix] if suffix in DECIMAL else int(suffix[1:])
    return Fraction(10) ** max(min(exponent, MOST_EXPONENT), -MOST_EXPONENT)


def in_units(quantity: str, divisor: str) -> int:
    """How often the divisor (`0` means 1) goes into the quantity, rounded up, as the downward API says it."""
    return ceil(amount(quantity) / (amount(divisor) or 1))
