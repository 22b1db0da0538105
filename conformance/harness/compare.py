"""Two transcripts -> their differences; and those that are known and accepted, each with its reason."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from conformance.harness.side import Step

ACCEPTED_FILE: Final = Path(__file__).parent.parent / "accepted.toml"
ABSENT: Final = "(absent)"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the two disagree. `where` is `test/step`."""

    where: str
    path: str
    real: Any
    embedded: Any

    def __str__(self) -> str:
        return f"{self.where}: {self.path}\n    real:     {self.real!r}\n    embedded: {self.embedded!r}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A row of the data file; `where`, `path`, `real` and `embedded` are patterns with `*`."""

    topic: str
    reason: str
    where: str
    path: str
    real: str = "*"
    embedded: str = "*"

    def covers(self, found: Difference) -> bool:
        """Whether this row speaks of that difference."""
        pairs = (
            (found.where, self.where),
            (found.path, self.path),
            (str(found.real), self.real),
            (str(found.embedded), self.embedded),
        )
        return all(_like(text, pattern) for text, pattern in pairs)


def _like(text: str, pattern: str) -> bool:
    """fnmatch, with nothing special but `*`."""
    return fnmatchcase(text, pattern.replace("[", "[[]").replace("?", "[?]"))


def accepted_rows() -> list[Accepted]:
    """The rows of the data file."""
    rows = tomllib.loads(ACCEPTED_FILE.read_text())["difference"]
    return [
        Accepted(topic=topic["topic"], reason=topic["reason"], **place)
        for topic in rows
        for place in topic["places"]
    ]


def compared(test: str, real: Sequence[Step], embedded: Sequence[Step]) -> list[Difference]:
    """All differences between two runs of one test."""
    found: list[Difference] = []
    for theirs, ours in zip(real, embedded, strict=False):
        if theirs.label != ours.label:
            found.append(Difference(f"{test}/{theirs.label}", "step", theirs.label, ours.label))
            return found
        where = f"{test}/{theirs.label}"
        found += [Difference(where, path, a, b) for path, a, b in _unlike("", theirs.answer, ours.answer)]
    if len(real) != len(embedded):
        labels = [[step.label for step in side[min(len(real), len(embedded)) :]] for side in (real, embedded)]
        found.append(Difference(f"{test}/end", "steps", *labels))
    return found


def _unlike(path: str, real: Any, embedded: Any) -> Iterator[tuple[str, Any, Any]]:
    """(path, value, value) of each place where two JSON values differ."""
    if _answers_of_two_kinds(real, embedded):
        yield path, real, embedded
    elif isinstance(real, dict) and isinstance(embedded, dict):
        for name in real | embedded:
            below = f"{path}.{name}" if path else name
            yield from _unlike(below, real.get(name, ABSENT), embedded.get(name, ABSENT))
    elif (
        isinstance(real, list)
        and isinstance(embedded, list)
        and not (_lines(real) and _lines(embedded))
        and len(real) == len(embedded)
    ):
        for index, (theirs, ours) in enumerate(zip(real, embedded, strict=True)):
            yield from _unlike(f"{path}.{index}", theirs, ours)
    elif _lines(real) and _lines(embedded):
        yield from _unlike_lines(path, real, embedded)
    elif type(real) is not type(embedded) or real != embedded:
        yield path, real, embedded


def _answers_of_two_kinds(real: Any, embedded: Any) -> bool:
    """An object on one side and a refusal on the other are one difference, not one a field."""
    kinds = [side.get("kind") for side in (real, embedded) if isinstance(side, dict)]
    return len(kinds) == 2 and kinds[0] != kinds[1] and "Status" in kinds


def _lines(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _unlike_lines(path: str, real: list[str], embedded: list[str]) -> Iterator[tuple[str, Any, Any]]:
    """Printed texts: each run of lines that differs."""
    for tag, a, b, c, d in SequenceMatcher(None, real, embedded, autojunk=False).get_opcodes():
        if tag != "equal":
            yield path, "\n".join(real[a:b]), "\n".join(embedded[c:d])
