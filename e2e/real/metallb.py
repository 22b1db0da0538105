"""MetalLB itself, from its Go module: its programs as an image, its manifest's objects.

The version is the newest whose requirements public Go proxies have.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

import yaml

from e2e.real import images
from testkit.control_planes.build import BuildError, cache, go

VERSION: Final = "v0.15.3"
NAMESPACE: Final = "metallb-system"
_MODULE: Final = f"go.universe.tf/metallb@{VERSION}"
_PROGRAMS: Final = ("controller", "speaker")


def archive() -> Path:
    """Both programs' images; built once, which takes minutes. BuildError."""
    target = cache() / "images" / f"metallb-{VERSION}.tar"
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / "metallb.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
                _build(Path(scratch), target)
    return target


def manifest() -> list[dict[str, Any]]:
    """The objects of its `metallb-native.yaml`, but for two things.

    Its images are ours. Its webhooks are off: this cluster's API reaches no Service, since no kube-proxy runs
    beside it.
    """
    text = (_source() / "config" / "manifests" / "metallb-native.yaml").read_text()
    found = [each for each in yaml.safe_load_all(text) if each["kind"] != "ValidatingWebhookConfiguration"]
    for each in found:
        if each["kind"] in ("Deployment", "DaemonSet"):
            (container,) = each["spec"]["template"]["spec"]["containers"]
            container["image"] = _image(container["name"])
            if container["name"] == "controller":
                container["args"].append("--webhook-mode=disabled")
    return found


def _image(program: str) -> str:
    return f"localhost/metallb-{program}:{VERSION}"


def _source() -> Path:
    with tempfile.TemporaryDirectory() as nowhere:
        said = json.loads(go(Path(nowhere), "mod", "download", "-json", _MODULE))
    if why := said.get("Error"):
        message = f"the Go module {_MODULE} can't be had: {why}"
        raise BuildError(message)
    return Path(said["Dir"])


def _build(scratch: Path, target: Path) -> None:
    """In a copy: where modules are kept nothing may be written."""
    work, programs = scratch / "work", scratch / "programs"
    shutil.copytree(_source(), work, copy_function=shutil.copyfile)
    for folder in (work, *(each for each in work.rglob("*") if each.is_dir())):
        folder.chmod(0o755)
    programs.mkdir()
    for name in _PROGRAMS:
        words = ("build", "-trimpath", "-ldflags", "-s -w", "-o", str(programs / name), f"./{name}")
        go(work, *words, CGO_ENABLED="0")  # static: nothing else is in the image
    images.write(target, *(images.Image((_image(name),), programs / name) for name in _PROGRAMS))
