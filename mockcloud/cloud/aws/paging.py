"""Lists in pages, behind tokens that only the cloud reads."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, TypeVar

from mockcloud.cloud.core.numbers import whole_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockcloud.cloud.aws.errors import AwsError

T = TypeVar("T")


def page(rows: Sequence[T], size: int | None, token: str | None, bad: AwsError) -> tuple[list[T], str | None]:
    """So many rows (None: all) from where the token of the page before says, and the token of the next page.

    `bad` is raised for a token that is nobody's. A list that changes meanwhile may lose or repeat a row.
    """
    first = 0 if token is None else _read(token, bad)
    last = len(rows) if size is None else first + size
    return list(rows[first:last]), _token(last) if last < len(rows) else None


def _token(first: int) -> str:
    return base64.urlsafe_b64encode(f"from:{first}".encode()).decode()


def _read(token: str, bad: AwsError) -> int:
    try:
        word, _, number = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise bad from error
    first = whole_number(number) if word == "from" else None
    if first is None:
        raise bad
    return first
