"""Lists in pages, behind tokens that only the cloud reads."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockcloud.cloud.aws.errors import AwsError

T = TypeVar("T")
_AFTER: Final = "after:"


@dataclass(frozen=True, slots=True)
class PageWish:
    """What a request says: at most so many rows (None: all), after the page that gave this token.

    `bad` is raised for a token that is nobody's.
    """

    size: int | None
    token: str | None
    bad: AwsError


def page(rows: Sequence[T], id_of: Callable[[T], str], wish: PageWish) -> tuple[list[T], str | None]:
    """Some rows, and the token of the next page.

    Pages are in the order of ids, and a token names the last one: who is deleted, or made, between two pages
    costs no other row its place, and none comes twice. What fits into one page stays in its own order.
    """
    if wish.token is None and (wish.size is None or len(rows) <= wish.size):
        return list(rows), None
    last = "" if wish.token is None else _read(wish.token, wish.bad)
    left = sorted((row for row in rows if id_of(row) > last), key=id_of)
    some = left[: wish.size]
    return some, _token(id_of(some[-1])) if len(some) < len(left) else None


def by_number(number: int) -> str:
    """A number of the core's as an id that is in order as text."""
    return f"{number:016x}"


def _token(last: str) -> str:
    return base64.urlsafe_b64encode(f"{_AFTER}{last}".encode()).decode()


def _read(token: str, bad: AwsError) -> str:
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise bad from error
    if not text.startswith(_AFTER) or text == _AFTER:
        raise bad
    return text.removeprefix(_AFTER)
