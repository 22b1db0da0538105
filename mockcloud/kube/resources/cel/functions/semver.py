"""Versions: semver 2.0.0."""

import re
from dataclasses import dataclass, field
from typing import Final

from mockcloud.kube.resources.cel.declarations import Row
from mockcloud.kube.resources.cel.errors import EvaluationError

_FORM: Final = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?",
    re.ASCII,
)
_SHORT: Final = re.compile(r"\d+(?:\.\d+){0,2}(?=$|[-+])", re.ASCII)
_LONGEST: Final = 1000

Identifier = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Version:
    """A version; one before a release comes before it."""

    numbers: tuple[int, int, int]
    before: tuple[Identifier, ...]
    cel_type: str = field(default="kubernetes.Semver", compare=False)

    @property
    def order(self) -> tuple[object, ...]:
        """What it is compared by: the build says nothing."""
        return (self.numbers, not self.before, self.before)


def _version(text: str, normalize: bool = False) -> Version:
    plain = _normalized(text) if normalize else text
    match = _FORM.fullmatch(plain) if len(plain) < _LONGEST else None
    if match is None:
        msg = f'invalid semantic version "{text}"'
        raise EvaluationError(msg)
    before = tuple(map(_identifier, match[4].split("."))) if match[4] else ()
    return Version((int(match[1]), int(match[2]), int(match[3])), before)


def _normalized(text: str) -> str:
    """`v1.2` as `1.2.0`, and no needless zeros."""
    text = text.removeprefix("v")
    match = _SHORT.match(text)
    if match is None or len(text) >= _LONGEST:
        return text
    numbers = [str(int(part)) for part in match[0].split(".")]
    rest = text[match.end() :]
    if len(numbers) < 3 and rest:
        msg = "short version cannot contain PreRelease/Build meta data"
        raise EvaluationError(msg)
    return ".".join([*numbers, "0", "0"][:3]) + rest


def _identifier(text: str) -> Identifier:
    return (0, int(text), "") if text.isdecimal() else (1, 0, text)


def _is_version(text: str, normalize: bool = False) -> bool:
    try:
        _version(text, normalize)
    except EvaluationError:
        return False
    return True


def _compared(one: Version, other: Version) -> int:
    return (one.order > other.order) - (one.order < other.order)


ROWS: Final[tuple[Row, ...]] = (
    ("semver(string) -> Semver", _version),
    ("semver(string, bool) -> Semver", _version),
    ("isSemver(string) -> bool", _is_version),
    ("isSemver(string, bool) -> bool", _is_version),
    ("Semver :: major() -> int", lambda version: version.numbers[0]),
    ("Semver :: minor() -> int", lambda version: version.numbers[1]),
    ("Semver :: patch() -> int", lambda version: version.numbers[2]),
    ("Semver :: isGreaterThan(Semver) -> bool", lambda a, b: _compared(a, b) > 0),
    ("Semver :: isLessThan(Semver) -> bool", lambda a, b: _compared(a, b) < 0),
    ("Semver :: compareTo(Semver) -> int", _compared),
)
