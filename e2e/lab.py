"""A lab as a person at a terminal has it: `mockcloud` and `kubectl` as commands, and what they print."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from e2e import probe

_SECONDS: Final = 60.0
_PROBE: Final = str(Path(probe.__file__))


class StepError(Exception):
    """A step of the demonstration went wrong: the message says which and how."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one HTTP answer from inside the cluster says of its way."""

    pod: str
    node: str
    client: str  # address:port that the pod saw


class Lab:
    """A lab of that name, driven by its commands."""

    def __init__(self, name: str) -> None:
        """Nothing is started yet."""
        self.name = name
        self.kubeconfig = ""
        self.has_curl = shutil.which("curl") is not None

    def up(self) -> None:
        """`mockcloud up`, its progress going to the person."""
        # A pipe for stdout: there it prints the kubeconfig's path and nothing else.
        self.kubeconfig = self._mockcloud("up", "--name", self.name, capture_errors=False).strip()

    def down(self) -> None:
        """`mockcloud down`: also right where nothing is up."""
        self._mockcloud("down", "--name", self.name)

    def run(self, host: str, *command: str) -> str:
        """What `mockcloud exec HOST -- COMMAND` prints."""
        return self._mockcloud("exec", "--name", self.name, host, "--", *command)

    def fetch(self, host: str, url: str, *, times: int) -> list[Answer]:
        """HTTP answers to requests from that host or pod, a connection each; by curl where there is one."""
        if self.has_curl:
            curl = f"curl -sS --max-time 5 -w '\\n' -H 'Accept: application/json' {shlex.quote(url)}"
            said = self.run(host, "sh", "-ec", f"for i in $(seq {times}); do {curl}; done")
        else:
            said = self.run(host, sys.executable, _PROBE, "http", url, str(times))
        found = [json.loads(line) for line in said.splitlines() if line]
        return [Answer(fields["pod"], fields["node"], fields["client"]) for fields in found]

    def who_has(self, *addresses: str) -> dict[str, str]:
        """The MACs that answer the client's ARP requests, by address; none where nobody answers."""
        found: dict[str, str] = json.loads(self.run("client", sys.executable, _PROBE, "arp", *addresses))
        return found

    def hosts(self) -> dict[str, str]:
        """The IPv4 address of each host, by name."""
        state = json.loads(self._mockcloud("status", "--name", self.name, "-o", "json"))
        return {host["name"]: host["ipv4"] for host in state["hosts"]}

    def _mockcloud(self, *arguments: str, capture_errors: bool = True) -> str:
        command = [sys.executable, "-m", "mockcloud", *arguments]
        return run(command, stderr=subprocess.PIPE if capture_errors else None)


def run(
    command: list[str], *, stderr: int | None = subprocess.PIPE, environment: dict[str, str] | None = None
) -> str:
    """What the command prints; StepError with its own words where it fails."""
    result = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        timeout=_SECONDS,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    if result.returncode:
        msg = f"{' '.join(command)}: exit code {result.returncode}\n{(result.stderr or '').strip()}"
        raise StepError(msg)
    return result.stdout
