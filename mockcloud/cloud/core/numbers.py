"""Whole numbers as people write them into text."""

from __future__ import annotations

from typing import Final

MOST_DIGITS: Final = 18  # int() refuses to read thousands of them, by ValueError


def whole_number(text: str) -> int | None:
    """Of ASCII digits only, and of at most 18 of them; None for any other text."""
    return int(text) if len(text) <= MOST_DIGITS and text.isascii() and text.isdigit() else None


def number_within(text: str, least: int, most: int) -> int | None:
    """A whole number from `least` to `most`; None for any other text."""
    found = whole_number(text)
    return found if found is not None and least <= found <= most else None
