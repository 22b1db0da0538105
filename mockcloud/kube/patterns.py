"""Patterns that users write, in Go's syntax: matched by RE2, in time linear in the text, whatever they say.

The one door to google-re2, which is imported at the first pattern. The words of refusals are those of Go's
`regexp/syntax`.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, Protocol

MEMORY: Final = 2 << 20
"""Bytes that RE2 may spend on one pattern: some 90,000 instructions, a quarter of a second to compile."""
MOST_TOGETHER: Final = 300_000
"""Instructions that the patterns of one schema may have together, about a second to compile."""
_GO_WORDS: Final = {
    "bad repetition operator": "invalid nested repetition operator",
    "invalid named capture group": "invalid named capture",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid repetition size": "invalid repeat count",
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "no argument for repetition operator": "missing argument to repetition operator",
}


class PatternError(ValueError):
    """The text is no pattern; the message says why as Go does."""


class Match(Protocol):
    """Where a pattern matches."""

    def __getitem__(self, group: int) -> str:
        """The text, by 0."""


class Pattern(Protocol):
    """A pattern that is ready for use."""

    @property
    def programsize(self) -> int:
        """How many instructions it has."""

    def search(self, text: str) -> object | None:
        """The first match, None where there is none."""

    def finditer(self, text: str) -> Iterator[Match]:
        """Every match, in order."""


@lru_cache(maxsize=128)
def compiled(pattern: str) -> Pattern:
    """The pattern, ready for use; PatternError where it is none, or one that would take too long."""
    import re2

    options = re2.Options()
    options.log_errors, options.max_mem, options.never_capture = False, MEMORY, True
    try:
        found: Pattern = re2.compile(pattern, options)
    except re2.error as exc:
        raise PatternError(_in_go_words(exc.args[0].decode(), pattern)) from None
    return found


def too_large_together(patterns: Iterable[str]) -> bool:
    """Whether they would take too long to compile; what is no pattern counts as nothing."""
    left = MOST_TOGETHER
    for pattern in patterns:
        try:
            left -= compiled(pattern).programsize
        except PatternError:
            continue
        if left < 0:
            return True
    return False


def _in_go_words(said: str, pattern: str) -> str:
    words, _, part = said.partition(": ")
    if words == "trailing \\":
        words, part = "trailing backslash at end of expression", ""
    elif words.startswith("pattern too large"):
        words, part = "expression too large", pattern[:100]
    return f"error parsing regexp: {_GO_WORDS.get(words, words)}: `{part}`"
