"""`make bench`: each benchmark in turn, its figures beside what was asked; ARGS="lab arp" runs some."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from pathlib import Path
from typing import Final

BENCHMARKS: Final = (
    "arp",
    "allocation",
    "lab",
    "failover",
    "chaos",
    "announcing",
    "membership",
    "steadiness",
    "dns",
    "rules",
    "datapath",
    "image",
    "access",
    "api",
    "cloud",
    "balancers",
    "edge",
)


def main(names: list[str]) -> int:
    """Print the machine, then a line a figure."""
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        print(
            f"bench: unknown {', '.join(sorted(unknown))}: there are {', '.join(BENCHMARKS)}", file=sys.stderr
        )
        return 2
    print(f"{_machine()}\n")
    for name in names or BENCHMARKS:
        print(f"{name}", flush=True)
        for figure in importlib.import_module(f"bench.{name}").run():
            asked = f"   asked: {figure.asked}" if figure.asked else ""
            print(f"  {figure.name:<58} {figure.value:>12,.4g} {figure.unit:<10}{asked}", flush=True)
    return 0


def _machine() -> str:
    model = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    return (
        f"{os.cpu_count()} cores of {model}, Linux {platform.release()}, Python {platform.python_version()}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
