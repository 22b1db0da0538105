"""Functions as they are declared: `string :: charAt(int) -> string`, or `url(string) -> URL`."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from mockcloud.kube.resources.cel.types import Type, type_named

Implementation = Callable[..., Any]
Row = tuple[str, Implementation]
_SIGNATURE: Final = re.compile(
    r"(?:(?P<target>\S+) :: )?(?P<name>[\w.@!?:\[\]<>=&|+*/%-]+)\((?P<args>.*)\) -> (?P<result>\S+)"
)


@dataclass(frozen=True, slots=True)
class Overload:
    """One way to call a function; its receiver, where it is a member, is the first argument."""

    name: str
    is_member: bool
    args: tuple[Type, ...]
    result: Type
    implementation: Implementation


def overload(row: Row) -> Overload:
    """The overload of one row of a library's table."""
    signature, implementation = row
    match = _SIGNATURE.fullmatch(signature)
    if match is None:
        msg = f"declaration {signature!r}: expected 'TYPE :: NAME(TYPE, ...) -> TYPE'"
        raise ValueError(msg)
    target = (match["target"],) if match["target"] else ()
    args = type_named(f"tuple<{match['args']}>").params if match["args"] else ()
    return Overload(
        match["name"],
        bool(target),
        (*map(type_named, target), *args),
        type_named(match["result"]),
        implementation,
    )


class Library:
    """All functions, by name and by whether they are members."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._found: dict[tuple[str, bool], list[Overload]] = {}
        for each in map(overload, rows):
            self._found.setdefault((each.name, each.is_member), []).append(each)

    def overloads(self, name: str, *, is_member: bool) -> list[Overload]:
        """Every way to call the function; [] where there is none of the name."""
        return self._found.get((name, is_member), [])

    def has(self, name: str) -> bool:
        """Whether there is a function of the name at all."""
        return (name, True) in self._found or (name, False) in self._found
