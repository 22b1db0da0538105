"""Go, for programs that are built of a module of our own."""

import os
import shutil
import subprocess
from pathlib import Path

from testkit.control_planes.build import BuildError


def needs_go(version: str, program: str) -> None:
    """BuildError where there is none; `version` is what to install."""
    if not shutil.which("go"):
        message = f"go is missing: install Go {version} or later to build {program}"
        raise BuildError(message)


def go(folder: Path, *arguments: str) -> None:
    """At the lowest priority: a build must not disturb what else runs on a small machine. BuildError."""
    environment = {**os.environ, "GOWORK": "off", "GOFLAGS": "-mod=mod"}
    command = ["nice", "-n", "19", "go", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"go {' '.join(arguments[:2])} failed: {done.stderr.strip()[-2000:]}"
        raise BuildError(message)
