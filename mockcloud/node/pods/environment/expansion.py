"""`$(NAME)` in values, commands and arguments, as third_party/forked/golang/expansion has it. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

MOST: Final = 131072  # what execve(2) takes in one argument or variable (MAX_ARG_STRLEN), with its final zero
MOST_IN_ALL: Final = 6 << 20  # and in all of them (3/4 of _STK_LIM)


class TooLong(ValueError):
    """What no program can be given; the message says how much is the most."""


def expand(text: str, values: Callable[[str], str | None]) -> str:
    """`$(NAME)` becomes its value, `$$` one dollar; unknown names, and all else, stay as written.

    TooLong where it grows beyond MOST: values that name each other ten times fill any memory.
    """
    found: list[str] = []
    size = 0
    for piece in _pieces(text, values):
        size += len(piece)
        if size >= MOST:
            msg = f"{text[:60]!r}: a program takes {MOST - 1} bytes in one text, with $(NAME)s filled in"
            raise TooLong(msg)
        found.append(piece)
    return "".join(found)


def checked(size: int, text: str) -> int:
    """What there is of all texts with this one; TooLong where it is more than a program can be given."""
    size += len(text)
    if size > MOST_IN_ALL:
        msg = (
            f"a program takes {MOST_IN_ALL} bytes of variables and arguments at most with $(NAME)s filled in"
        )
        raise TooLong(msg)
    return size


def _pieces(text: str, values: Callable[[str], str | None]) -> Iterator[str]:
    rest = text
    while rest:
        before, dollar, rest = rest.partition("$")
        yield before
        if not dollar:
            return
        if rest.startswith("$"):
            yield "$"
            rest = rest[1:]
        elif rest.startswith("(") and ")" in rest:
            name, _, rest = rest[1:].partition(")")
            value = values(name)
            yield f"$({name})" if value is None else value
        else:
            yield "$"


def lookup(*layers: Mapping[str, str]) -> Callable[[str], str | None]:
    """The first layer that knows the name decides."""

    def value(name: str) -> str | None:
        return next((layer[name] for layer in layers if name in layer), None)

    return value
