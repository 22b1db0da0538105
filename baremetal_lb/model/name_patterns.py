"""Regular expressions for interfaces' names, matched in bounded time whatever somebody wrote.

`re` tries one way after the other: `a*` a hundred times and a `b` keep it busy for longer than a cluster
lives. Here an expression is a relation between the places in a name where it may begin and those where it
may end, so that all ways are followed at once (Thompson, CACM 11(6), 1968) and time grows with the length
of the expression. What needs to remember its way is left out: references to groups, and looking around.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from operator import or_
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import TypeAlias

    Tokens: TypeAlias = deque[str]
    Relation: TypeAlias = tuple[int, ...]  # by where it begins: the set of ends, as bits

_REPEAT: Final = re.compile(r"(?:([*+?])|\{(\d*)(,?)(\d*)\})\??")
_TOKEN: Final = re.compile(
    r"\(\?:|\((?!\?)|[)|^$]|(?:[*+?]|\{(?:\d+(?:,\d*)?|,\d*)\})\??"
    r"|\[\^?\]?(?:\\.|[^\]\\])*\]|\\(?:[dDsSwW]|[^0-9A-Za-z])|[^\\(\[]"
)
_SIGNS: Final = {"*": (0, None), "+": (1, None), "?": (0, 1)}


@dataclass(frozen=True, slots=True)
class NamePattern:
    """An interface's name, or a regular expression for a whole one. ValueError for what is neither."""

    text: str

    def __post_init__(self) -> None:
        try:
            re.compile(self.text)
        except (re.error, OverflowError, RecursionError) as exc:
            raise ValueError(str(exc)) from exc
        _relation(self.text, "")

    def matches(self, name: str) -> bool:
        """Whether this is the name, or matches all of it."""
        return name == self.text or _matches(self.text, name)


@lru_cache(maxsize=4096)
def _matches(text: str, name: str) -> bool:
    return bool(_relation(text, name)[0] >> len(name) & 1)


def _relation(text: str, name: str) -> Relation:
    return _alternatives(_tokens(text), name)


def _tokens(text: str) -> Tokens:
    found: Tokens = deque()
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or (found and _REPEAT.fullmatch(found[-1]) and _REPEAT.fullmatch(token[0])):
            msg = f"{text[at : at + 3]!r} at position {at} is not supported"
            raise ValueError(msg)
        found.append(token[0])
        at = token.end()
    return found


def _alternatives(tokens: Tokens, name: str) -> Relation:
    found = _sequence(tokens, name)
    while tokens and tokens[0] == "|":
        tokens.popleft()
        found = tuple(map(or_, found, _sequence(tokens, name)))
    return found


def _sequence(tokens: Tokens, name: str) -> Relation:
    found = _nothing(name)
    while tokens and tokens[0] not in {"|", ")"}:
        one = _one(tokens, name)
        repeat = _REPEAT.fullmatch(tokens[0]) if tokens else None
        if repeat is not None:
            tokens.popleft()
            one = _repeated(one, *_bounds(repeat))
        found = _then(found, one)
    return found


def _one(tokens: Tokens, name: str) -> Relation:
    token = tokens.popleft()
    if token in {"(", "(?:"}:
        inner = _alternatives(tokens, name)
        tokens.popleft()  # its ")": re has seen that there is one
        return inner
    if token in {"^", "$"}:
        there = 0 if token == "^" else len(name)
        return tuple(1 << at if at == there else 0 for at in range(len(name) + 1))
    character = re.compile(token)  # for a single one: there is no way back to try
    return (*(2 << at if character.fullmatch(each) else 0 for at, each in enumerate(name)), 0)


def _bounds(repeat: re.Match[str]) -> tuple[int, int | None]:
    sign, least, comma, most = repeat.groups()
    if sign:
        return _SIGNS[sign]
    return int(least or 0), (int(most) if most else None) if comma else int(least)


def _repeated(one: Relation, least: int, most: int | None) -> Relation:
    further = (
        len(one) if most is None else min(most - least, len(one))
    )  # each further one takes a character, or nothing
    perhaps = tuple(map(or_, one, _powers_of_two(len(one))))
    return _then(_power(one, least), _power(perhaps, further))


def _power(one: Relation, times: int) -> Relation:
    found = _powers_of_two(len(one))
    while times:
        if times & 1:
            found = _then(found, one)
        one, times = _then(one, one), times >> 1
    return found


def _then(first: Relation, second: Relation) -> Relation:
    return tuple(_union(ends, second) for ends in first)


def _union(begins: int, relation: Relation) -> int:
    ends = 0
    while begins:
        lowest = begins & -begins
        ends |= relation[lowest.bit_length() - 1]
        begins ^= lowest
    return ends


def _nothing(name: str) -> Relation:
    return _powers_of_two(len(name) + 1)


def _powers_of_two(count: int) -> Relation:
    return tuple(1 << at for at in range(count))
