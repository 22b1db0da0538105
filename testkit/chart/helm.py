"""Helm 3 and Helm 4: the machine's own, else built once from their Go modules and kept in the cache."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from testkit.control_planes.build import VERSION as KUBERNETES
from testkit.control_planes.build import programs_dir

if TYPE_CHECKING:
    from collections.abc import Sequence

# As Helm's own Makefile has it, or `helm template` takes the cluster for Kubernetes 1.20.
_RELEASE: Final = dict(zip(("Major", "Minor"), KUBERNETES.removeprefix("v").split("."), strict=False))
_FLAGS: Final = " ".join(
    f"-X helm.sh/helm/v3/pkg/{package}.k8sVersion{part}={number}"
    for package in ("chartutil", "lint/rules")
    for part, number in _RELEASE.items()
)


@dataclass(frozen=True, slots=True)
class Release:
    """One of Helm's. `program` is what the built one is called."""

    program: str
    module: str
    version: str
    flags: str = ""


HELM3: Final = Release("helm", "helm.sh/helm/v3", "v3.22.0", _FLAGS)
HELM4: Final = Release("helm4", "helm.sh/helm/v4", "v4.3.2")  # server-side apply, and waits by kstatus
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
    return find() or built(HELM3)


def built(release: Release) -> Path:
    """That release, built where it is not yet in the cache. Raises HelmError."""
    folder = programs_dir()
    program = folder / release.program
    if not program.exists() and not shutil.which("go"):
        message = f"Helm {release.version} is not there, and no Go to build it: install Helm or Go"
        raise HelmError(message)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "helm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            _build(release, folder)
    return program


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


def _build(release: Release, folder: Path) -> None:
    """Build into a folder beside, so that a build that is cut short leaves no helm."""
    sys.stderr.write(f"building helm {release.version}: some minutes, once\n")
    module = f"{release.module}/cmd/helm@{release.version}"
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        try:
            done = subprocess.run(
                ["nice", "-n", "10", "go", "install", "-trimpath", f"-ldflags=-s -w {release.flags}", module],
                env={**os.environ, "GOBIN": scratch, "GOWORK": "off", "GOFLAGS": "-mod=mod"},
                capture_output=True,
                text=True,
                timeout=BUILD_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            why = f"could not be built within {BUILD_SECONDS} s: the machine is too busy"
            message = f"helm {release.version} {why}"
            raise HelmError(message) from None
        if done.returncode:
            message = f"helm {release.version} could not be built: {done.stderr.strip()[-2000:]}"
            raise HelmError(message)
        (Path(scratch) / "helm").rename(folder / release.program)
