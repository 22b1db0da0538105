"""A host outside of the cluster, on the nodes' LAN: what it asks, and what it sees meanwhile."""

from __future__ import annotations

import json
import shlex
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from e2e.suite.programs import ask
from testkit import gaps, probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

    from e2e.suite.environments.environment import Environment

_ENOUGH: Final = 12  # answers, none of which by one of two random pods: 1 in 4,096
_GRACE: Final = 15.0  # seconds beyond a program's own patience: a busy machine starts it late


@dataclass(frozen=True, slots=True)
class Answer:
    """Who answered, and which client address that pod saw."""

    pod: str
    node: str
    client: str


@dataclass(frozen=True, slots=True)
class Answers:
    """What came back, and which address the client itself sent from."""

    own: str
    answers: tuple[Answer, ...]

    @property
    def pods(self) -> set[str]:
        return {each.pod for each in self.answers}


@dataclass(slots=True)
class Seen:
    """What the client that connects every 10 ms saw; filled at the end."""

    longest: float = 0.0  # seconds
    tried: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Outside:
    """Runs programs there; `seconds` bound each wait."""

    environment: Environment
    seconds: float

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command's end, whatever its exit code."""
        return subprocess.run(
            [*self.environment.client, *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=self.seconds + _GRACE,
            check=False,
        )

    def ask(self, address: str, port: int = 80, *, protocol: str = "tcp", times: int = 4) -> Answers:
        """So many answers, from the first on; AssertionError where there is none, or one fails after it."""
        return self.ask_all([(address, port)], protocol=protocol, times=times)[0]

    def ask_all(
        self, targets: Sequence[tuple[str, int]], *, protocol: str = "tcp", times: int = 1
    ) -> list[Answers]:
        """The same of several addresses and ports, one after the other."""
        words = (str(each) for target in targets for each in target)
        done = self._question("answers", protocol, str(times), str(self.seconds), *words)
        assert done.returncode == 0, f"from outside: {done.stderr.strip()}"
        return [
            Answers(said["own"], tuple(Answer(**each) for each in said["answers"]))
            for said in json.loads(done.stdout)
        ]

    def comes_to_be_answered_by(self, address: str, node: str) -> None:
        """Ask until only pods of this node answer; AssertionError where that takes too long.

        No event tells when the rules of the nodes are as they are to be.
        """
        deadline, nodes = time.monotonic() + self.seconds, {""}
        while nodes != {node}:
            assert time.monotonic() < deadline, (
                f"{address} is answered by pods on {nodes}, not only on {node}"
            )
            nodes = {each.node for each in self.ask(address, times=_ENOUGH).answers}

    def falls_silent(self, address: str, port: int = 80, *, protocol: str = "tcp") -> bool:
        """Whether the address comes not to answer."""
        return self._question("silence", protocol, str(self.seconds), address, str(port)).returncode == 0

    @contextmanager
    def connecting(self, address: str, port: int = 80) -> Iterator[Seen]:
        """A new connection every 10 ms for the time of the block, from the first one that was made."""
        seen = Seen()
        with self._running(gaps, address, str(port)) as (_, end):
            yield seen
            said = json.loads(end())
        seen.longest, seen.tried, seen.lost = said["longest"], said["tried"], said["lost"]

    @contextmanager
    def claiming(self, address: str) -> Iterator[str]:
        """The host answers by ARP for this address as if it had it, for the time of the block: its MAC."""
        with self._running(probe, "claim", address) as (mac, end):
            yield mac
            end()

    def who_has(self, address: str) -> str:
        """The MAC that answers by ARP for the IPv4 address; "" where nobody does within 3 s."""
        done = self.python("-c", text_of(probe), "arp", address)
        assert done.returncode == 0, done.stderr
        found: dict[str, str] = json.loads(done.stdout)
        return found.get(address, "")

    def cannot_ask_by_arp(self) -> str:
        """Why it may not: "" where it may."""
        opens = "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)"
        refused = self.python("-c", opens).returncode
        return "the outside client may not open packet sockets (CAP_NET_RAW)" if refused else ""

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Its Python's end, with these arguments."""
        return self.run(self.environment.python, *arguments)

    def _question(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.python("-c", text_of(ask), *arguments)

    @contextmanager
    def _running(self, program: ModuleType, *arguments: str) -> Iterator[tuple[str, Callable[[], str]]]:
        """A program that says a line when it has begun and runs until its input ends: the line, and the end.

        The end returns what it printed last. AssertionError with its words where it does not begin.
        """
        command = (*self.environment.client, self.environment.python, "-c", text_of(program), *arguments)
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:

            def end() -> str:
                said, errors = process.communicate(timeout=self.seconds)
                assert process.returncode == 0, f"{Path(str(program.__file__)).name}: {errors.strip()}"
                return said

            impatience = threading.Timer(self.seconds, process.kill)
            impatience.start()
            try:
                assert process.stdout is not None
                line = process.stdout.readline().strip()
                impatience.cancel()
                assert line, (
                    f"{shlex.join((program.__name__, *arguments))} did not begin: {process.communicate()[1]}"
                )
                yield line, end
            finally:
                impatience.cancel()
                _stop(process)


def text_of(program: ModuleType) -> str:
    """A program as text: where it runs there is no checkout."""
    return Path(str(program.__file__)).read_text()


def _stop(process: subprocess.Popen[str]) -> None:
    """It ends with its input; where a container's runtime is between, killing that would not end it."""
    assert process.stdin is not None
    with suppress(OSError):
        process.stdin.close()
    try:
        process.wait(timeout=_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
