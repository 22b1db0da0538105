"""Build a program of ours that is a client of both clouds, by their own libraries for Go."""

import fcntl
import hashlib
import shutil
from pathlib import Path

from testkit.control_planes.build import cache, programs_dir
from testkit.control_planes.go_modules import go, needs_go

PROGRAM = "cloud-clients"


def build_cloud_clients(source: Path) -> Path:
    """The program of this folder; a second call finds it, until the source is another. BuildError."""
    files = sorted([*source.glob("*.go"), source / "go.mod"])
    digest = hashlib.sha256(b"".join(each.read_bytes() for each in files)).hexdigest()[:12]
    target = programs_dir() / f"{PROGRAM}-{digest}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with (cache() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            needs_go("1.24", PROGRAM)
            for each in target.parent.glob(f"{PROGRAM}-*"):
                each.unlink()
            _build(files, target)
    return target


def _build(files: list[Path], target: Path) -> None:
    """Beside the source nothing is left: go.sum is made in the cache."""
    folder = cache() / f"{PROGRAM}-source"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for each in files:
        shutil.copy2(each, folder)
    staged = target.with_name(f".{PROGRAM}")
    go(folder, "mod", "tidy")
    go(folder, "build", "-trimpath", "-ldflags", "-s -w", "-o", str(staged), ".")
    staged.rename(target)
