"""A lab as a person at a terminal has it: `mockcloud` and `kubectl` as commands, and what they print."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mockcloud.lab.interruptions import deferred, undeferred
from testkit import probe

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS: Final = 240.0  # for one command; `up` has a shorter deadline of its own
_FIRST_ANSWER_SECONDS: Final = 60.0
# As text: pods do not see this checkout.
_PROBE: Final = (sys.executable, "-c", Path(probe.__file__).read_text())


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

    @contextmanager
    def running(self, *options: str, keep: bool = False) -> Iterator[None]:
        """The lab from `up` to `down`, whatever happens meanwhile, and whenever (interruptions.py).

        Where `up` fails there is no `down`: a lab that has this name already is not ours to stop.
        """
        with deferred():
            self.up(*options)
            try:
                with undeferred():
                    yield
            except BaseException:
                self.down()
                raise
            if not keep:
                self.down()

    def up(self, *options: str) -> None:
        """`mockcloud up`, its progress going to the person."""
        # A pipe for stdout: there it prints the kubeconfig's path and nothing else.
        command = [*self._command("up"), *options]
        self.kubeconfig = run(command, stderr=None).strip()

    def down(self) -> None:
        """`mockcloud down`: also right where nothing is up."""
        run(self._command("down"), to_its_end=True)

    def run(self, host: str, *command: str) -> str:
        """What `mockcloud exec HOST -- COMMAND` prints."""
        return run([*self._command("exec"), host, "--", *command])

    def fetch(self, host: str, url: str, *, times: int) -> list[Answer]:
        """HTTP answers to requests from that host or pod, a connection each; by curl where there is one.

        Before them it awaits the first answer: each node learns by itself of a Service, and nobody tells when
        the last one has. What is not answered after that is an error.
        """
        deadline = time.monotonic() + _FIRST_ANSWER_SECONDS
        while True:
            try:
                self._fetch(host, url, times=1)
                break
            except StepError:
                if time.monotonic() > deadline:
                    raise
        return self._fetch(host, url, times=times)

    def _fetch(self, host: str, url: str, *, times: int) -> list[Answer]:
        if self.has_curl:
            curl = f"curl -sS --max-time 5 -w '\\n' -H 'Accept: application/json' {shlex.quote(url)}"
            said = self.run(host, "sh", "-ec", f"for i in $(seq {times}); do {curl}; done")
        else:
            said = self.run(host, *_PROBE, "http", url, str(times))
        found = [json.loads(line) for line in said.splitlines() if line]
        return [Answer(fields["pod"], fields["node"], fields["client"]) for fields in found]

    def who_has(self, *addresses: str) -> dict[str, str]:
        """The MACs that answer the client's ARP requests, by address; none where nobody answers."""
        found: dict[str, str] = json.loads(self.run("client", *_PROBE, "arp", *addresses))
        return found

    def hosts(self) -> dict[str, str]:
        """The IPv4 address of each host, by name."""
        state = json.loads(run([*self._command("status"), "-o", "json"]))
        return {host["name"]: host["ipv4"] for host in state["hosts"]}

    def daemons(self) -> dict[str, tuple[str, int | None]]:
        """The state and the pid of each daemon, by name."""
        state = json.loads(run([*self._command("status"), "-o", "json"], may_fail=True))
        return {each["name"]: (each["state"], each["pid"]) for each in state["daemons"]}

    def _command(self, verb: str) -> list[str]:
        return [sys.executable, "-m", "mockcloud", verb, "--name", self.name]


def run(
    command: list[str],
    *,
    stderr: int | None = subprocess.PIPE,
    to_its_end: bool = False,
    may_fail: bool = False,
) -> str:
    """What the command prints; StepError with its own words where it fails (unless it may), or does not end.

    A signal to us ends it, in order, except where it is to run `to_its_end`: then not even the terminal's
    Ctrl-C reaches it.
    """
    with deferred():
        # Nothing may come between the start of a process and the line that knows of it.
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=stderr, text=True, start_new_session=to_its_end
        )
        with process, deferred(None if to_its_end else process.terminate):
            said, errors = _finish(command, process)
    if process.returncode and not may_fail:
        raise StepError(failure(command, process.returncode, errors or ""))
    return said


def failure(command: list[str], code: int, errors: str) -> str:
    """What is said of a command that failed: the command as typed, and its own words."""
    words = [Path(command[0]).name, *command[1:]]
    return f"{shlex.join(words)}: exit code {code}\n{errors.strip()}".strip()


def _finish(command: list[str], process: subprocess.Popen[str]) -> tuple[str, str | None]:
    try:
        return process.communicate(timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        msg = f"{shlex.join(command)}: did not end within {_SECONDS:g} s"
        raise StepError(msg) from None
