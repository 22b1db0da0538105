"""Sets of completion indexes as the texts that a status has: `1,3-5`."""

from collections.abc import Collection, Iterator


def parse_indexes(text: str | None, completions: int) -> frozenset[int]:
    """The indexes below `completions` that the text names; what cannot be read names none."""
    return frozenset(index for part in (text or "").split(",") for index in _indexes(part, completions))


def index_text(indexes: Collection[int]) -> str:
    """The shortest text: three and more in a row by their first and last."""
    return ",".join(_part(first, last) for first, last in _rows(sorted(indexes)))


def _indexes(part: str, completions: int) -> range:
    first, dash, last = part.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        return range(0)
    return range(int(first), min(int(last or first) + 1, completions))


def _rows(indexes: list[int]) -> Iterator[tuple[int, int]]:
    begin = 0
    for position, index in enumerate(indexes):
        if position + 1 == len(indexes) or indexes[position + 1] != index + 1:
            yield indexes[begin], index
            begin = position + 1


def _part(first: int, last: int) -> str:
    if first == last:
        return str(first)
    return f"{first},{last}" if last == first + 1 else f"{first}-{last}"
