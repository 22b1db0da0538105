"""Quantities as Kubernetes writes them (`100m`, `64Mi`, `1e3`), as whole numbers of a unit. Pure."""

import re
from fractions import Fraction
from math import ceil
from typing import Final

FORM: Final = re.compile(r"([+-]?[0-9]*\.?[0-9]+|[+-]?[0-9]+\.)([eE][+-]?[0-9]+|[numkMGTPE]|[KMGTPE]i)?")
DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


def amount(text: str) -> Fraction:
    """The number; ValueError where it is none."""
    match = FORM.fullmatch(text)
    if match is None:
        msg = f"quantity {text!r}: expected a number with a suffix such as m, k, Mi or e3"
        raise ValueError(msg)
    number, suffix = Fraction(match[1]), match[2] or ""
    if suffix in BINARY:
        return number * (1 << BINARY[suffix])
    exponent = DECIMAL[suffix] if suffix in DECIMAL else int(suffix[1:])
    return Fraction(number * 10**exponent) if exponent >= 0 else number / 10**-exponent


def in_units(quantity: str, divisor: str) -> int:
    """How often the divisor (`0` means 1) goes into the quantity, rounded up, as the downward API says it."""
    return ceil(amount(quantity) / (amount(divisor) or 1))
