"""A SELECT as text -> its one row. No tables are kept: what cannot be answered is refused, not made up.

SELECT item, ...  [FROM name] [LIMIT n]      item: expression [[AS] name], or *
expression: a number, 'text', NULL, TRUE, FALSE, a name, name(...), @@name, with + - * || and ::type
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn

Value = int | float | str | bool | None
Function = Callable[..., Value]

_TOKEN: Final = re.compile(
    r"""\s+ | --[^\n]*
    | (?P<text>'(?:[^']|'')*')
    | (?P<number>\d+(?:\.\d+)?)
    | (?P<name>@@(?:global\.|session\.)?\w+ | [A-Za-z_][\w.]* | "[^"]+" | `[^`]+`)
    | (?P<mark>::|\|\||[(),;*+-])""",
    re.VERBOSE,
)
_CONSTANTS: Final[Mapping[str, Value]] = {"null": None, "true": True, "false": False}
_ENDS: Final = frozenset({"from", "limit", ";", ""})
_ARITHMETIC: Final[Mapping[str, Callable[[int | float, int | float], int | float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}


class Refused(Exception):
    """The statement cannot be answered; the text says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """The one row that a SELECT gives."""

    names: tuple[str, ...]
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a statement may name: functions (variables are functions without arguments), and relations."""

    functions: Mapping[str, Function]
    relations: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    unnamed: str = ""  # the name of a column that has none; "": its own text


def statements(text: str) -> list[str]:
    """The text at its semicolons; those in quotes do not count."""
    found, start = [], 0
    for token in _TOKEN.finditer(text):
        if token.group("mark") == ";":
            found.append(text[start : token.start()].strip())
            start = token.end()
    found.append(text[start:].strip())
    return [each for each in found if each]


def first_word(statement: str) -> str:
    """SELECT, BEGIN, SHOW...; "" for what begins otherwise."""
    found = re.match(r"\s*([A-Za-z]+)", statement)
    return found.group(1).upper() if found else ""


def select(statement: str, around: Surroundings) -> Row:
    """The row; Refused with the reason where it cannot be told."""
    return _Reader(_tokens(statement), around).select()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def _tokens(statement: str) -> list[_Token]:
    found, place = [], 0
    while place < len(statement):
        match = _TOKEN.match(statement, place)
        if match is None:
            msg = f'syntax error at or near "{statement[place:].split()[0]}"'
            raise Refused(msg)
        if match.lastgroup:
            found.append(_Token(match.lastgroup, match.group(), match.start(), match.end()))
        place = match.end()
    return found


class _Reader:
    """One pass over the tokens; each method takes what it is named after."""

    def __init__(self, tokens: Sequence[_Token], around: Surroundings) -> None:
        self._tokens = [*tokens, _Token("end", "", 0, 0)]
        self._place = 0
        self._around = around
        self._columns = self._relation()

    def select(self) -> Row:
        self._take("select")
        names: list[str] = []
        values: list[Value] = []
        while True:
            if self._peek() == "*" and self._columns is not None:
                self._next()
                names += self._columns
                values += self._columns.values()
            else:
                name, value = self._item()
                names.append(name)
                values.append(value)
            if self._peek() != ",":
                break
            self._next()
        if self._peek() not in _ENDS:
            self._refuse()
        return Row(tuple(names), tuple(values))

    def _relation(self) -> Mapping[str, Value] | None:
        """The columns of what comes after FROM; None where nothing does."""
        words = [token.text.lower().strip('"`') for token in self._tokens]
        if "from" not in words[:-2]:
            return None
        name = words[words.index("from") + 1]
        if name == "dual":
            return None
        if name not in self._around.relations:
            known = ", ".join(self._around.relations)
            msg = f'relation "{name}" does not exist: this is a lab\'s stand-in, which has only: {known}'
            raise Refused(msg)
        return self._around.relations[name]

    def _item(self) -> tuple[str, Value]:
        first = self._tokens[self._place]
        value = self._expression()
        own = self._name_of(first)
        if self._peek() == "as":
            self._next()
            return self._next().text.strip('"`'), value
        if self._tokens[self._place].kind == "name" and self._peek() not in _ENDS:
            return self._next().text.strip('"`'), value
        return own, value

    def _name_of(self, first: _Token) -> str:
        """As the database would name the column."""
        if not self._around.unnamed:
            taken = self._tokens[self._tokens.index(first) : self._place]
            return "".join(token.text for token in taken)
        return first.text.lower() if first.kind == "name" else self._around.unnamed

    def _expression(self) -> Value:
        value = self._term()
        while self._peek() in ("+", "-", "*", "||"):
            sign = self._next().text
            value = _combined(sign, value, self._term())
        return value

    def _term(self) -> Value:
        token = self._next()
        match token.kind:
            case "text":
                value: Value = token.text[1:-1].replace("''", "'")
            case "number":
                value = float(token.text) if "." in token.text else int(token.text)
            case "name":
                value = self._named(token)
            case _ if token.text == "-":
                value = _combined("-", 0, self._term())
            case _ if token.text == "(":
                value = self._expression()
                self._take(")")
            case _:
                self._place -= 1
                self._refuse()
        while self._peek() == "::":
            self._next()
            self._next()  # the type: everything is sent as text
        return value

    def _named(self, token: _Token) -> Value:
        name = token.text.lower().strip('"`').replace("@@global.", "@@").replace("@@session.", "@@")
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        if self._columns is not None and name in self._columns and self._peek() != "(":
            return self._columns[name]
        name = name.removeprefix("pg_catalog.")
        function = self._around.functions.get(name)
        if function is None:
            msg = f'"{token.text}" is nothing that this lab\'s stand-in knows'
            raise Refused(msg)
        arguments = self._arguments() if self._peek() == "(" else []
        try:
            return function(*arguments)
        except (TypeError, ValueError, LookupError):
            msg = f"{name}() cannot be called with these arguments"
            raise Refused(msg) from None

    def _arguments(self) -> list[Value]:
        self._take("(")
        found: list[Value] = []
        while self._peek() != ")":
            found.append(self._expression())
            if self._peek() == ",":
                self._next()
        self._take(")")
        return found

    def _peek(self) -> str:
        return self._tokens[self._place].text.lower()

    def _next(self) -> _Token:
        token = self._tokens[self._place]
        if token.kind == "end":
            self._refuse()
        self._place += 1
        return token

    def _take(self, text: str) -> None:
        if self._peek() != text:
            self._refuse()
        self._next()

    def _refuse(self) -> NoReturn:
        token = self._tokens[self._place]
        near = f'at or near "{token.text}"' if token.text else "at end of input"
        msg = f"syntax error {near}"
        raise Refused(msg)


def _combined(sign: str, left: Value, right: Value) -> Value:
    if sign == "||":
        return f"{left}{right}"
    if isinstance(left, int | float) and isinstance(right, int | float):
        return _ARITHMETIC[sign](left, right)
    msg = f"operator does not exist: {left!r} {sign} {right!r}"
    raise Refused(msg)
