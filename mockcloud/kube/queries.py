"""Booleans of a query, as k8s.io/apimachinery converts them: whatever is not a plain no is a yes."""

from collections.abc import Mapping
from typing import Final

_NO: Final = ("false", "0")


def flag(query: Mapping[str, str], name: str) -> bool:
    """Whether it is there and no "no"; `?watch` and `?watch=yes` are."""
    return name in query and query[name].lower() not in _NO


def optional_flag(query: Mapping[str, str], name: str) -> bool | None:
    """None where it is not there."""
    return flag(query, name) if name in query else None
