"""Helm: the machine's own, else built once from its Go module and kept in the cache."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from testkit.control_planes.build import VERSION as KUBERNETES
from testkit.control_planes.build import programs_dir

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION: Final = "v3.22.0"
_MODULE: Final = f"helm.sh/helm/v3/cmd/helm@{VERSION}"
# As Helm's own Makefile has it, or `helm template` takes the cluster for Kubernetes 1.20.
_RELEASE: Final = dict(zip(("Major", "Minor"), KUBERNETES.removeprefix("v").split("."), strict=False))
_FLAGS: Final = " ".join(
    f"-X helm.sh/helm/v3/pkg/{package}.k8sVersion{part}={number}"
    for package in ("chartutil", "lint/rules")
    for part, number in _RELEASE.items()
)
BUILD_SECONDS: Final = 1500  # 2 minutes on two idle cores
_RUN_SECONDS: Final = 300


class HelmError(Exception):
    """Helm can't be had on this machine, or refuses; the text says why."""


def find() -> Path | None:
    """The machine's helm, or the one that was built; None where there is neither."""
    installed, built = shutil.which("helm"), programs_dir() / "helm"
    if installed:
        return Path(installed)
    return built if built.exists() else None


def find_or_build() -> Path:
    """The same; built where there is none, by the machine's Go. Raises HelmError."""
    found = find()
    if found is not None:
        return found
    if not shutil.which("go"):
        message = f"there is no helm, and no Go to build it: install Helm {VERSION} or Go"
        raise HelmError(message)
    folder = programs_dir()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "helm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "helm").exists():
            _build(folder)
    return folder / "helm"


def run(
    helm: Path, *arguments: str | Path, kubeconfig: Path | None = None, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run helm, which leaves nothing outside of a folder that is gone afterwards; whatever it ends with."""
    with tempfile.TemporaryDirectory(prefix="helm-") as home:
        places = {f"HELM_{name}_HOME": f"{home}/{name.lower()}" for name in ("CACHE", "CONFIG", "DATA")}
        return subprocess.run(
            [str(part) for part in (helm, *arguments)],
            env={**os.environ, **places, "HOME": home, "KUBECONFIG": str(kubeconfig or os.devnull)},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=_RUN_SECONDS,
            check=False,
        )


def template(helm: Path, chart: Path, *arguments: str | Path) -> str:
    """What it renders for a release `baremetal-lb` in `baremetal-lb-system`; HelmError where it refuses."""
    command: Sequence[str | Path] = ("template", "baremetal-lb", chart, "--namespace", "baremetal-lb-system")
    done = run(helm, *command, *arguments)
    if done.returncode:
        raise HelmError(done.stderr.strip())
    return done.stdout


def _build(folder: Path) -> None:
    """Build into a folder beside, so that a build that is cut short leaves no helm."""
    sys.stderr.write(f"building helm {VERSION}: some minutes, once\n")
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        try:
            done = subprocess.run(
                ["nice", "-n", "10", "go", "install", "-trimpath", f"-ldflags=-s -w {_FLAGS}", _MODULE],
                env={**os.environ, "GOBIN": scratch, "GOWORK": "off", "GOFLAGS": "-mod=mod"},
                capture_output=True,
                text=True,
                timeout=BUILD_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            message = f"helm {VERSION} could not be built within {BUILD_SECONDS} s: the machine is too busy"
            raise HelmError(message) from None
        if done.returncode:
            message = f"helm {VERSION} could not be built: {done.stderr.strip()[-2000:]}"
            raise HelmError(message)
        (Path(scratch) / "helm").rename(folder / "helm")
