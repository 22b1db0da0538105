"""The two lists: the specs that are run, and what of them is not expected to pass."""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from conformance.upstream.verdict import Shortcoming

SPECS_FILE: Final = Path(__file__).with_name("specs.txt")
SHORTCOMINGS_FILE: Final = Path(__file__).with_name("shortcomings.toml")
_SERIAL: Final = "[Serial]"  # a spec that wants the cluster for itself


def specs() -> list[str]:
    """The names of all specs, as the suite has them."""
    return SPECS_FILE.read_text().splitlines()


def shortcomings() -> list[Shortcoming]:
    """What is not expected to pass."""
    rows = tomllib.loads(SHORTCOMINGS_FILE.read_text()).get("shortcoming", [])
    return [Shortcoming(row["topic"], row["reason"], tuple(row["specs"])) for row in rows]


def chosen(names: Sequence[str], focus: str, skip: str = "", shard: tuple[int, int] = (1, 1)) -> list[str]:
    """Those that `focus` finds and `skip` does not; of them the `shard`: the i-th of n parts, from 1."""
    found = [each for each in names if re.search(focus, each) and not (skip and re.search(skip, each))]
    number, of = shard
    return found[number - 1 :: of]


def apart(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Those that may run side by side, and those that may not."""
    return [each for each in names if _SERIAL not in each], [each for each in names if _SERIAL in each]
