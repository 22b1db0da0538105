"""How deep JSON values are nested: nothing here recurses, so that depth itself can do no harm."""

from typing import Any, Final

MAX_DEPTH: Final = 100
"""Levels of objects and lists that are taken. The deepest fields of real objects are below 30, and what walks
values by recursion, here and in the encoder (254), has room above."""


def deeper_than(value: Any, levels: int) -> bool:  # noqa: ANN401 (any JSON)
    """Whether objects and lists stand in each other for more than `levels`."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(levels):
        if not level:
            return False
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
    return bool(level)
