"""Names the server makes up, as apiserver's names generator does."""

from collections.abc import Callable, Sequence
from typing import Final

# No vowels and no look-alikes, so that no word comes out.
ALPHABET: Final = "bcdfghjklmnpqrstvwxz2456789"
SUFFIX_LENGTH: Final = 5
MAX_STEM: Final = 63 - SUFFIX_LENGTH


def generated(stem: str, choose: Callable[[Sequence[str]], str]) -> str:
    """`stem` cut to fit, and five characters of `choose`'s choice."""
    return stem[:MAX_STEM] + "".join(choose(ALPHABET) for _ in range(SUFFIX_LENGTH))
