"""What endpoints with sessionAffinity remember, taken over into a table that is loaded anew. Pure."""

import re
from collections.abc import Collection
from typing import Final

# A set as nft lists it; one without elements has no such line.
LISTED: Final = re.compile(r"\bset (affinity-\S+) \{[^{}]*\belements = \{([^{}]*)\}")


def remembered(listing: str, wanted: Collection[str]) -> dict[str, str]:
    """From `list sets`: the clients of each wanted set, each with its timeout and what is left of it.

    They stay in nft's own words, which is also what `add element` takes.
    """
    return {name: " ".join(elements.split()) for name, elements in LISTED.findall(listing) if name in wanted}
