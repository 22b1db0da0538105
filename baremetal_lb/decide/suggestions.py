"""The known word that was probably meant by one that is not known."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ALIKE: Final = 0.7  # of 1: `adresses` is 0.94 like `addresses`, `peers` 0.5 like `preferences`
LONGEST: Final = 60  # letters that are compared; no word that is known is longer


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like `word`, however its letters are cased; else one that it is part of."""
    plain = {each.lower().replace("_", "-"): each for each in known}
    asked = word[:LONGEST].lower().replace("_", "-")
    close = get_close_matches(asked, plain, n=1, cutoff=ALIKE)
    parts = [each for each in plain if len(asked) > 3 and (asked in each or each in asked)]
    return next((plain[each] for each in (*close, *parts)), None)


def did_you_mean(word: str, known: Mapping[str, str]) -> str:
    """The end of a message about a word that is not known; `known` has the words, and how to write each."""
    found = nearest(word, known)
    return f"did you mean {known[found]!r}?" if found else f"expected one of: {', '.join(known.values())}"
