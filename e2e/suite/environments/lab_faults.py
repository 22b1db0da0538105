"""What hurts a node of a lab, and what restarts a lab's daemons: a command each.

    lab_faults.py cut|kill|mend|pause|resume LAB NODE
    lab_faults.py restart LAB controller|speakers

It ends when that is done; a restart when the new processes are ready.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SECONDS: Final = 60.0
_MOCKCLOUD: Final = (sys.executable, "-m", "mockcloud")


@dataclass(frozen=True, slots=True)
class Daemon:
    """One line of `mockcloud status`."""

    name: str
    host: str
    state: str
    pid: int

    @property
    def role(self) -> str:
        """`controller` or `speakers` for the balancer's."""
        return "controller" if self.name == "lb-controller" else self.name.partition("-")[0] + "s"


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
        case ["restart", lab, role]:
            _restart(lab, role)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


def daemons(lab: str) -> list[Daemon]:
    """What `mockcloud status` says of the lab's daemons."""
    # Its exit code is 1 while some daemon is not ready.
    said = subprocess.run(
        [*_MOCKCLOUD, "status", "--name", lab, "-o", "json"], capture_output=True, text=True, check=False
    )
    if not said.stdout:
        sys.exit(said.stderr)
    listed = json.loads(said.stdout)["daemons"]
    return [Daemon(each["name"], each["host"] or "", each["state"], each["pid"] or 0) for each in listed]


def processes_on(lab: str, node: str) -> list[int]:
    """All that run in the node's network, its daemons and the pods that share it, by the host's pids."""
    known = next((each.pid for each in daemons(lab) if each.host == node and each.pid), None)
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


def _restart(lab: str, role: str) -> None:
    """Stop them in order; the lab starts them anew, and nothing but its status tells when it has."""
    before = [each for each in daemons(lab) if each.role == role]
    _signal([each.pid for each in before], signal.SIGTERM)
    old, names, deadline = (
        {each.pid for each in before},
        {each.name for each in before},
        time.monotonic() + _SECONDS,
    )
    while True:
        now = [each for each in daemons(lab) if each.name in names]
        if all(each.state == "ready" and each.pid not in old for each in now):
            return
        if time.monotonic() > deadline:
            lacking = ", ".join(f"{each.name} is {each.state}" for each in now if each.state != "ready")
            sys.exit(f"restart of {role}: after {_SECONDS:g} s {lacking or 'the old processes still run'}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
