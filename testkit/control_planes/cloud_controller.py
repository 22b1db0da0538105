"""Get AWS' cloud controller manager, built from its Go module, beside the control plane's programs."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from testkit.control_planes.build import BuildError, cache, programs_dir

VERSION = "v1.34.4"
PROGRAM = "aws-cloud-controller-manager"
_MODULE = "k8s.io/cloud-provider-aws"


def build_cloud_controller() -> Path:
    """The program; a second call finds it. It takes some minutes of processor time. BuildError."""
    target = programs_dir() / PROGRAM
    target.parent.mkdir(parents=True, exist_ok=True)
    with (cache() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            _build(target)
    return target


def _build(target: Path) -> None:
    """By a module of our own: `go install` refuses a module whose go.mod has replace lines."""
    if not shutil.which("go"):
        message = f"go is missing: install Go 1.26 or later to build {PROGRAM} {VERSION}"
        raise BuildError(message)
    source = cache() / "cloud-controller-source"
    source.mkdir(exist_ok=True)
    (source / "go.mod").write_text(f"module conformance/cloudcontroller\n\nrequire {_MODULE} {VERSION}\n")
    (source / "tools.go").write_text(
        f'//go:build tools\n\npackage tools\n\nimport _ "{_MODULE}/cmd/{PROGRAM}"\n'
    )
    staged = target.with_name(f".{PROGRAM}")
    _go(source, "mod", "tidy")
    _go(source, "build", "-trimpath", "-ldflags", "-s -w", "-o", str(staged), f"{_MODULE}/cmd/{PROGRAM}")
    staged.rename(target)


def _go(folder: Path, *arguments: str) -> None:
    """At the lowest priority: a build must not disturb what else runs on a small machine."""
    environment = {**os.environ, "GOWORK": "off", "GOFLAGS": "-mod=mod"}
    command = ["nice", "-n", "19", "go", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"go {' '.join(arguments[:2])} failed: {done.stderr.strip()[-2000:]}"
        raise BuildError(message)
