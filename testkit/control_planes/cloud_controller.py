"""Get AWS' cloud controller manager, built from its Go module, beside the control plane's programs."""

import fcntl
from pathlib import Path

from testkit.control_planes.build import cache, programs_dir
from testkit.control_planes.go_modules import go, needs_go

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
    needs_go("1.26", f"{PROGRAM} {VERSION}")
    source = cache() / "cloud-controller-source"
    source.mkdir(exist_ok=True)
    (source / "go.mod").write_text(f"module conformance/cloudcontroller\n\nrequire {_MODULE} {VERSION}\n")
    (source / "tools.go").write_text(
        f'//go:build tools\n\npackage tools\n\nimport _ "{_MODULE}/cmd/{PROGRAM}"\n'
    )
    staged = target.with_name(f".{PROGRAM}")
    go(source, "mod", "tidy")
    go(source, "build", "-trimpath", "-ldflags", "-s -w", "-o", str(staged), f"{_MODULE}/cmd/{PROGRAM}")
    staged.rename(target)
