"""Whether speakers call each other dead while nothing is wrong but that all cores are busy.

A real lab, and as many processes that do nothing but compute as the machine has cores, for a minute, or for
as many as BENCH_MINUTES says.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Final

from bench.figures import Figure
from testkit.kubectl import find_kubectl

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME: Final = "bench-steadiness"
NODES: Final = 3
SETTLED: Final = 12.0  # seconds: all have started, and nobody waits any more
_MOCKCLOUD: Final = (sys.executable, "-m", "mockcloud")


def run() -> Iterator[Figure]:
    """False deaths, and how often a speaker noticed that it was itself kept from running."""
    minutes = float(os.environ.get("BENCH_MINUTES", "1"))
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "XDG_STATE_HOME": home}
        _mockcloud(environment, "up", "--nodes", str(NODES))
        try:
            time.sleep(SETTLED)
            before = {node: len(_views(environment, node)) for node in _nodes()}
            _keep_busy(minutes * 60)
            views = [view for node in _nodes() for view in _views(environment, node)[before[node] :]]
        finally:
            _mockcloud(environment, "down")
    yield Figure("minutes with all cores busy", minutes, "min", "30 min")
    yield Figure("false deaths", sum(len(view) < NODES for view in views), "", "0")
    yield Figure(
        "pauses of its own that a speaker noticed", sum("SETTLING" in v.values() for v in views), "", ""
    )


def _keep_busy(seconds: float) -> None:
    loops = [multiprocessing.Process(target=_compute, daemon=True) for _ in range(os.cpu_count() or 1)]
    for loop in loops:
        loop.start()
    time.sleep(seconds)
    for loop in loops:
        loop.terminate()
        loop.join()


def _compute() -> None:
    while True:
        sum(range(10_000))


def _nodes() -> list[str]:
    return [f"node-{number}" for number in range(1, NODES + 1)]


def _views(environment: dict[str, str], node: str) -> list[dict[str, str]]:
    """Who was alive by that node's speaker, each time that it changed its mind."""
    said = map(json.loads, _log_of_speaker(environment, node).splitlines())
    return [line["alive"] for line in said if line.get("event") == "live speakers changed"]


def _log_of_speaker(environment: dict[str, str], node: str) -> str:
    system = ("--namespace", "baremetal-lb-system")
    chosen = ("-l", "app.kubernetes.io/component=speaker", f"--field-selector=spec.nodeName={node}")
    name = _kubectl(environment, *system, "get", "pods", *chosen, "-o", "name").strip()
    return _kubectl(environment, *system, "logs", name)


def _kubectl(environment: dict[str, str], *arguments: str) -> str:
    own = {**environment, "KUBECONFIG": _mockcloud(environment, "kubeconfig").strip()}
    command = [str(find_kubectl()), *arguments]
    return subprocess.run(command, env=own, check=True, capture_output=True, text=True).stdout


def _mockcloud(environment: dict[str, str], verb: str, *arguments: str) -> str:
    command = [*_MOCKCLOUD, verb, "--name", NAME, *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
