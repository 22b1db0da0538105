"""All labs of this user: `mockcloud list`."""

from __future__ import annotations

from typing import NamedTuple

from mockcloud.lab.errors import LabError
from mockcloud.lab.state import folders

ENDED = "ended"


class Shown(NamedTuple):
    """One lab as the list shows it."""

    name: str
    phase: str  # starting, running, stopping; ended: only its logs are left
    nodes: int
    api: str


def overview() -> list[Shown]:
    """By name; those that ended badly, too, as long as something of them is left."""
    found = []
    for lab in folders():
        try:
            state = lab.read()
        except LabError:  # dead, or only just starting
            alive = lab.is_alive()
            if alive or (lab.path / "logs").is_dir():
                found.append(Shown(lab.name, "starting" if alive else ENDED, 0, ""))
            continue
        nodes = sum(host.name.startswith("node-") for host in state.hosts)
        found.append(Shown(lab.name, state.phase, nodes, state.api_url))
    return found
