"""Ids of EC2's form: a prefix and 17 hexadecimal digits, made of the core's numbers and read back."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import Final

_MASK: Final = (1 << 64) - 1
_FACTOR: Final = 0x9E3779B97F4A7C15  # odd, so that products modulo 2**64 can be undone
_BACK: Final = pow(_FACTOR, -1, 1 << 64)
_FORM: Final = re.compile(r"([a-z]+)-([0-9a-f]{8}|[0-9a-f]{17})")


def make(prefix: str, number: int) -> str:
    """`number` below 2**64. The same one always has the same id: i-0a1b2c3d4e5f67890."""
    return f"{prefix}-0{(number * _FACTOR ^ _salt(prefix)) & _MASK:016x}"


def number(prefix: str, text: str) -> int | None:
    """Of which the id was made; of another's id something that is in no table. None: not of this form."""
    found = _FORM.fullmatch(text)
    if found is None or found[1] != prefix:
        return None
    return ((int(found[2], 16) & _MASK) ^ _salt(prefix)) * _BACK & _MASK


def derived(prefix: str, *parts: object) -> str:
    """Of things that have no number: the same parts always have the same id, which is not read back."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()
    return f"{prefix}-0{digest[:16]}"


def pair(high: int, low: int) -> int:
    """One number of two below 2**32."""
    return high << 32 | low


def parts(number: int) -> tuple[int, int]:
    """The two of a pair."""
    return number >> 32, number & 0xFFFFFFFF


@cache
def _salt(prefix: str) -> int:
    return int.from_bytes(hashlib.sha256(prefix.encode()).digest()[:8])
