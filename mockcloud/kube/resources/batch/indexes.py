"""Indexes of an indexed Job as a text: `1,3-5,7`."""

from mockcloud.kube.decimals import is_decimal


class MalformedIndexes(ValueError):
    """The text names no indexes, or not in rising order."""


def count_indexes(text: str, completions: int) -> int:
    """How many indexes below `completions` it names; MalformedIndexes, in upstream's words."""
    last, total = -1, 0
    for part in text.split(",") if text else ():
        first, end = _interval(part, completions)
        if first <= last:
            msg = f"non-increasing order, previous: {last}, current: {first}"
            raise MalformedIndexes(msg)
        total, last = total + end - first + 1, end
    return total


def _interval(part: str, completions: int) -> tuple[int, int]:
    bounds = part.split("-")
    if len(bounds) > 2:
        msg = f'the fragment "{part}" violates the requirement that an index interval can have at most'
        msg += " two parts separated by '-'"
        raise MalformedIndexes(msg)
    numbers = [_number(bound, completions) for bound in bounds]
    if len(numbers) == 2 and numbers[0] >= numbers[1]:
        msg = f"non-increasing order, previous: {numbers[0]}, current: {numbers[1]}"
        raise MalformedIndexes(msg)
    return numbers[0], numbers[-1]


def _number(text: str, completions: int) -> int:
    if not is_decimal(text):
        msg = f'cannot convert string to integer for index: "{text}"'
        raise MalformedIndexes(msg)
    if int(text) >= completions:
        msg = f'too large index: "{text}"'
        raise MalformedIndexes(msg)
    return int(text)
