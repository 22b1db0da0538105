"""What hurts a node of a lab: `lab_faults.py cut|kill|mend|pause|resume LAB NODE`; ends when it is done."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

_MOCKCLOUD: Final = (sys.executable, "-m", "mockcloud")


def main(argv: list[str]) -> int:
    """Do one deed; 2 for one that is not known."""
    match argv:
        case ["cut", lab, node]:
            _link(lab, node, "down")
        case ["kill", lab, node]:
            _link(lab, node, "down")
            _signal(processes_on(lab, node), signal.SIGKILL)
        case ["mend", lab, node]:
            _link(lab, node, "up")
        case ["pause", lab, node]:
            _signal(processes_on(lab, node), signal.SIGSTOP)
        case ["resume", lab, node]:
            _signal(processes_on(lab, node), signal.SIGCONT)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


def processes_on(lab: str, node: str) -> list[int]:
    """All that run in the node's network, its daemons and the pods that share it, by the host's pids."""
    # Its exit code is 1 while some daemon is not ready.
    said = subprocess.run(
        [*_MOCKCLOUD, "status", "--name", lab, "-o", "json"], capture_output=True, text=True, check=False
    )
    if not said.stdout:
        sys.exit(said.stderr)
    daemons = json.loads(said.stdout)["daemons"]
    known = next((each["pid"] for each in daemons if each["host"] == node and each["pid"]), None)
    if known is None:
        sys.exit(f"no daemon runs on {node} of the lab {lab}")
    there = _network(known)
    pids = (int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal())
    return [pid for pid in pids if _network(pid) == there]


def _network(pid: int) -> str:
    """Its network namespace; "" of one that has ended, or is another user's."""
    try:
        return os.readlink(f"/proc/{pid}/ns/net")
    except OSError:
        return ""


def _link(lab: str, node: str, state: str) -> None:
    command = ("exec", "--name", lab, node, "--", "ip", "link", "set", "eth0", state)
    subprocess.run([*_MOCKCLOUD, *command], check=True)


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
