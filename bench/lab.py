"""How long a lab takes: command to Ready nodes, to ready all over, down again; and the demonstration."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Final

from bench.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROUNDS: Final = 5
_NAME: Final = "bench"
_MOCKCLOUD: Final = (sys.executable, "-m", "mockcloud")


def run() -> Iterator[Figure]:
    """Medians of some rounds, each a fresh lab of 3 nodes, everything warm in the page cache."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "XDG_STATE_HOME": home}
        rounds = [_round(environment) for _ in range(_ROUNDS + 1)][1:]  # the first one warms the cache
        yield Figure("up: command to all nodes Ready", _median(rounds, 0), "s", "2 s")
        yield Figure("up: command to controller and speakers ready", _median(rounds, 1), "s", "")
        yield Figure("down", _median(rounds, 2), "s", "")
        yield Figure("make demo, without the set-up", _demo(environment), "s", "15 s")


def _round(environment: dict[str, str]) -> tuple[float, float, float]:
    began = time.monotonic()
    nodes_ready = 0.0
    command = [*_MOCKCLOUD, "up", "--name", _NAME]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=environment, **pipes) as up:  # type: ignore[call-overload]
        for line in up.stderr:
            if "all nodes are Ready" in line:
                nodes_ready = time.monotonic() - began
    all_ready = time.monotonic() - began
    began = time.monotonic()
    subprocess.run([*_MOCKCLOUD, "down", "--name", _NAME], env=environment, check=True)
    return nodes_ready, all_ready, time.monotonic() - began


def _demo(environment: dict[str, str]) -> float:
    began = time.monotonic()
    command = [sys.executable, "-m", "e2e.demo", "--name", _NAME]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - began


def _median(rounds: list[tuple[float, float, float]], column: int) -> float:
    return statistics.median(each[column] for each in rounds)
