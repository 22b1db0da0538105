"""How what somebody wrote is repeated to them: whole where it is short, else its beginning."""

from __future__ import annotations

from typing import Final

MOST: Final = 100  # characters


def cut(text: str, most: int = MOST) -> str:
    """At most so many characters of it, and `...` where there were more."""
    return text if len(text) <= most else f"{text[:most]}..."


def printable(text: str) -> str:
    """One line that no terminal obeys: what can't be printed is escaped (`\\x1b`, `\\n`, `\\u202e`)."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
