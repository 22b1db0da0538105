"""Numbers that are wanted, and numbers of pods, which may be written as a share of them."""

from collections.abc import Iterator

from mockcloud.kube.decimals import is_decimal
from mockcloud.kube.field_errors import Cause, invalid
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes


def not_negative(at: str, value: int | None) -> Iterator[Cause]:
    """A count or a duration."""
    if value is not None and value < 0:
        yield invalid(at, value, "must be greater than or equal to 0")


def count_or_percent(at: str, value: int | str | None) -> Iterator[Cause]:
    """What is wrong with a number of pods, or a share of them."""
    if isinstance(value, str):
        yield from causes(at, value, formats.percent(value))
    else:
        yield from not_negative(at, value)


def amount(value: int | str | None) -> int:
    """The number, of pods or of percents; 0 for none and for what is no number."""
    text = str(value or 0).removesuffix("%")
    return int(text) if is_decimal(text) else 0
