"""Why a process may not open packet sockets, and what to write so that it may (capabilities(7))."""

from __future__ import annotations

import re
from typing import Final

NET_RAW: Final = 1 << 13
CONTAINER: Final = "securityContext: {capabilities: {drop: [ALL], add: [NET_RAW]}} in the speaker's container"
_LINE: Final = re.compile(r"^(\w+):\s*(\S+)", re.MULTILINE)


def why_no_net_raw(status: str) -> str:
    """What is missing and how to give it, by the process's own /proc/self/status."""
    found = dict(_LINE.findall(status))
    what = "capability NET_RAW is missing, without which no ARP request can be answered"
    if _has(found, "CapEff"):
        return f"{what}: the process has it, but not over this network; with hostNetwork, leave hostUsers out"
    if not _has(found, "CapBnd"):
        return f"{what}: write {CONTAINER}"
    user = found.get("Uid", "?")
    return (
        f"{what}: the container may have it, but the process, which runs as user {user}, was not given it; "
        "write runAsUser: 0, or give the program the file capability: setcap cap_net_raw=ep FILE"
    )


def _has(found: dict[str, str], which: str) -> bool:
    return bool(int(found.get(which, "0"), 16) & NET_RAW)
