"""Whole numbers in texts, as Go's strconv reads them: in ASCII digits, of so many bits.

`str.isdecimal` and `\\d` take the digits of every script, and `int` takes spaces and underscores, too.
"""

import re
from typing import Final

_FORM: Final = re.compile(r"[+-]?[0-9]+")
_LONGEST: Final = 20
"""Digits of the largest number of 64 bits: longer texts are not even read (int's cost grows with them)."""


def is_decimal(text: str) -> bool:
    """Whether the text is a number without a sign."""
    return text.isascii() and text.isdecimal()


def integer(text: str) -> int:
    """The number of 64 bits; ValueError in strconv's words where it is none."""
    if not _FORM.fullmatch(text):
        raise ValueError(_why("ParseInt", text, "invalid syntax"))
    return _bounded("ParseInt", text, -(1 << 63), (1 << 63) - 1)


def unsigned(text: str) -> int:
    """The number of 64 bits, without a sign; ValueError in strconv's words where it is none."""
    if not is_decimal(text):
        raise ValueError(_why("ParseUint", text, "invalid syntax"))
    return _bounded("ParseUint", text, 0, (1 << 64) - 1)


def port(text: str) -> int | None:
    """A port, 1 to 65535; None where the text is none."""
    number = int(text) if is_decimal(text) and len(text) <= _LONGEST else 0
    return number if 0 < number < 1 << 16 else None


def _bounded(parser: str, text: str, least: int, most: int) -> int:
    digits = text.lstrip("+-").lstrip("0")
    number = int(text) if len(digits) <= _LONGEST and len(text) <= 64 else most + 1
    if not least <= number <= most:
        raise ValueError(_why(parser, text, "value out of range"))
    return number


def _why(parser: str, text: str, what: str) -> str:
    return f'strconv.{parser}: parsing "{text}": {what}'
