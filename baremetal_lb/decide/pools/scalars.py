"""What a scalar without quotes means: that depends on what is expected, as in Go's YAML, which MetalLB reads.

`10` is the name "10" where a name is expected, and a number where a number is; `64512:1` is no number to base
60, and `no` is false only where true or false is expected.
"""

from __future__ import annotations

import re
from typing import Final

NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
BOOLEANS: Final = {
    **{form: True for word in ("y", "yes", "on", "true") for form in (word, word.capitalize(), word.upper())},
    **{
        form: False
        for word in ("n", "no", "off", "false")
        for form in (word, word.capitalize(), word.upper())
    },
}
# YAML 1.2's core schema. 010 is 8 to some readers and 10 to others: it is no number to us.
WHOLE: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,19})")
NUMBER: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


class Plain(str):
    """A scalar without quotes that may mean a number or a truth; errors quote it as it was written."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def plain(text: str) -> str | None:
    """The value of a scalar without quotes; None for nothing."""
    if text in NULL:
        return None
    return Plain(text) if text in BOOLEANS or NUMBER.fullmatch(text) else text


def truth(value: object) -> object:
    """True or False where the scalar says so; else the value as it is, for the schema to complain of."""
    return BOOLEANS.get(value, value) if isinstance(value, Plain) else value


def whole(value: object) -> object:
    """The whole number where the scalar is one; else the value as it is, for the schema to complain of."""
    return int(value) if isinstance(value, Plain) and WHOLE.fullmatch(value) else value
