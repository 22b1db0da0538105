"""python -m conformance.upstream.page: write docs/upstream.md from what is not expected to pass."""

import sys
from collections import Counter
from pathlib import Path
from textwrap import fill
from typing import Final

from testkit.control_planes.build import VERSION

from conformance.upstream.lists import CONFORMANCE, NETWORK
from conformance.upstream.verdict import Shortcoming, sig_of

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "upstream.md"
_WIDTH: Final = 110
_HEAD: Final = f"""\
# Kubernetes' own end-to-end tests

`make conformance ARGS=upstream` builds Kubernetes' own suite (`e2e.test` {VERSION}: needs Go, some 12 minutes
of processor time and 12 GB of caches, once) and runs its conformance specs (`conformance/upstream/specs.txt`)
against a lab of 3 nodes, within a time limit. It prints how each ended, by group
how many passed, and the first words of each failure; reports for machines and all logs are in
`build/upstream`. `ARGS='upstream --focus sig-network --jobs 4'` runs some of them, `--shard 2/4` a part;
`--help` names the rest.

A spec that fails and is not below fails the run, and so does one that is below and passes. All were run in
one run on 2026-12-01, on two cores with some other work beside: 63 minutes, most of them waiting (8 minutes
of the suite's processor time). What the table counts passed. This page is written from
`conformance/upstream/shortcomings.toml` and `network.toml` by
`python -m conformance.upstream.page`.
"""


_BEYOND: Final = """\
# Beyond conformance: the network

`ARGS='upstream --specs network'` runs those further specs of sig-network that a bare-metal cluster of three
nodes with IPv4 could pass, from a kernel without SCTP and without access to its nodes' processes
(`conformance/upstream/network.txt`). Of these {whole}, {passing} are expected to pass; the others, by
`conformance/upstream/network.toml`:
"""


def document() -> str:
    """The page, from the data files."""
    names, known = CONFORMANCE.specs(), CONFORMANCE.shortcomings()
    further, beyond = NETWORK.specs(), NETWORK.shortcomings()
    passing = sum(not any(each.covers(name) for each in beyond) for name in further)
    parts = [_HEAD, *_table(names, known), "", *(_topic(each, names) for each in known)]
    parts += [_BEYOND.format(whole=len(further), passing=passing)]
    return "\n".join([*parts, *(_topic(each, further) for each in beyond)]).rstrip() + "\n"


def _table(names: list[str], known: list[Shortcoming]) -> list[str]:
    whole = Counter(map(sig_of, names))
    listed = Counter(sig_of(name) for name in names if any(each.covers(name) for each in known))
    rows = [f"| {sig} | {count} | {count - listed[sig]} |" for sig, count in sorted(whole.items())]
    total = f"| all | {whole.total()} | {whole.total() - listed.total()} |"
    return ["| group | specs | passed |", "|---|---|---|", *rows, total]


def _topic(shortcoming: Shortcoming, names: list[str]) -> str:
    reason = fill(shortcoming.reason, _WIDTH, break_long_words=False, break_on_hyphens=False)
    listed = "\n".join(f"- {name}" for name in names if shortcoming.covers(name))
    return f"## {shortcoming.topic}\n\n{reason}\n\n{listed}\n"


def main() -> int:
    """Write the page."""
    DOCUMENT.write_text(document())
    return 0


if __name__ == "__main__":
    sys.exit(main())
