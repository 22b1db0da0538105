"""The lists: the specs that are run, and what of each list is not expected to pass."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from conformance.upstream.verdict import Shortcoming

_FOLDER: Final = Path(__file__).parent
_SERIAL: Final = "[Serial]"  # a spec that wants the cluster for itself


@dataclass(frozen=True, slots=True)
class SpecList:
    """Specs by the names that the suite has for them, and a file of what of them is not expected to pass."""

    name: str
    names_file: Path
    shortcomings_file: Path

    def specs(self) -> list[str]:
        """The names of all specs, as the suite has them."""
        return self.names_file.read_text().splitlines()

    def shortcomings(self) -> list[Shortcoming]:
        """What is not expected to pass."""
        rows = tomllib.loads(self.shortcomings_file.read_text()).get("shortcoming", [])
        return [Shortcoming(row["topic"], row["reason"], tuple(row["specs"])) for row in rows]


CONFORMANCE: Final = SpecList("conformance", _FOLDER / "specs.txt", _FOLDER / "shortcomings.toml")
# What is asked of a bare-metal cluster of three nodes with IPv4 beyond conformance.
NETWORK: Final = SpecList("network", _FOLDER / "network.txt", _FOLDER / "network.toml")
LISTS: Final = (CONFORMANCE, NETWORK)


def chosen(names: Sequence[str], focus: str, skip: str = "", shard: tuple[int, int] = (1, 1)) -> list[str]:
    """Those that `focus` finds and `skip` does not; of them the `shard`: the i-th of n parts, from 1."""
    found = [each for each in names if re.search(focus, each) and not (skip and re.search(skip, each))]
    number, of = shard
    return found[number - 1 :: of]


def apart(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Those that may run side by side, and those that may not."""
    return [each for each in names if _SERIAL not in each], [each for each in names if _SERIAL in each]


def batches(names: Sequence[str], size: int) -> list[Sequence[str]]:
    """At most so many together; neighbours apart, as specs that take minutes are neighbours."""
    count = -(-len(names) // size)
    return [names[first::count] for first in range(count)]
