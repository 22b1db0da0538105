"""A lab with a cloud for tests: `mockcloud up --provider cloud`, and `mockcloud down` in the end."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from mockcloud.cloud.inspection import RunningCloud

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_SECONDS: Final = 240.0  # for one command; `up` gives up earlier by itself
# In a process of its own, which is in a user namespace afterwards.
_TRY_NAMESPACES: Final = """
import sys
from mockcloud.lab.errors import LabError
from mockcloud.lab.namespaces import enter_user_and_pid_namespace
from mockcloud.lab.plan import Plan
from mockcloud.lab.preflight import check
try:
    check(Plan(provider="cloud"))
    enter_user_and_pid_namespace()
except LabError as error:
    sys.exit(str(error))
"""


class LabFailed(Exception):
    """A lab, or a command in it, did not do what it should; the message says what it said."""


@dataclass(frozen=True, slots=True)
class MockCloudLab:
    """A lab that runs. `environment`: what clients of its cloud need, for subprocesses or for monkeypatch."""

    name: str
    kubeconfig: str
    environment: dict[str, str]
    _shell: dict[str, str]  # the environment in which `mockcloud` finds the lab

    def run(self, host: str, *command: str) -> str:
        """What a command prints on a host (client, edge, node-1); LabFailed."""
        return _mockcloud(self._shell, "exec", "--name", self.name, host, "--", *command)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """What /_mock/PATH answers (docs/cloud.md); LabFailed."""
        try:
            return RunningCloud(self.environment["AWS_ENDPOINT_URL"]).ask(method, path, body)
        except click.ClickException as error:
            raise LabFailed(error.message) from None

    def fault(self, point: str = "request", **fields: object) -> int:
        """Inject a fault, as /_mock/faults takes it; gives its number. LabFailed where it makes no sense."""
        number: int = self.ask("POST", "faults", {"point": point, **fields})["id"]
        return number

    def mend(self, number: int | None = None) -> None:
        """Take a fault away, or all of them."""
        self.ask("DELETE", "faults" if number is None else f"faults?id={number}")


def what_is_missing() -> str:
    """Why this machine can have no such lab; empty where it can."""
    done = subprocess.run(
        [sys.executable, "-c", _TRY_NAMESPACES], capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return ""
    said = done.stderr.strip().splitlines()
    return f"no lab with a cloud here: {said[-1] if said else 'it cannot be tried'}"


@contextlib.contextmanager
def cloud_lab(folder: Path, options: Sequence[str]) -> Iterator[MockCloudLab]:
    """A lab of these options of `mockcloud up`, whose state is in the folder; LabFailed."""
    shell, name = {**os.environ, "XDG_STATE_HOME": str(folder)}, f"pytest-{os.getpid()}"
    try:
        kubeconfig = _mockcloud(shell, "up", "--name", name, "--provider", "cloud", *options).strip()
        said = _mockcloud(shell, "cloud", "env", "--lab", name)
        words = (word.partition("=") for line in said.splitlines() for word in shlex.split(line)[1:])
        yield MockCloudLab(name, kubeconfig, {key: value for key, _, value in words}, shell)
    finally:
        _mockcloud(shell, "down", "--name", name)


def _mockcloud(shell: dict[str, str], *words: str) -> str:
    command = [sys.executable, "-m", "mockcloud", *words]
    done = subprocess.run(
        command,
        env=shell,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        msg = f"mockcloud {' '.join(words)}: {(done.stderr or done.stdout).strip()}"
        raise LabFailed(msg)
    return done.stdout
