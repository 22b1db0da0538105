"""Images that pods run here, made without a registry: static programs in an OCI archive.

Facts: OCI image layout and manifest 1.0; containerd takes an image's names from the index's annotation
`io.containerd.image.name`.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from testkit.control_planes.build import BuildError, cache

SOURCE: Final = Path(__file__).parent / "image" / "whoami.go"
PAUSE: Final = "localhost/pause:1"
WHOAMI: Final = "localhost/whoami:1"
# By this name, too, so that the examples run as they are.
STAND_IN: Final = "docker.io/traefik/whoami:latest"
_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
_LAYER: Final = "application/vnd.oci.image.layer.v1.tar"


@dataclass(frozen=True, slots=True)
class Image:
    """Names of one image, and what it starts: the only file that it has."""

    names: tuple[str, ...]
    program: Path
    arguments: tuple[str, ...] = ()


def whoami() -> Path:
    """The archive with all three names, built where the source has changed since; raises BuildError."""
    digest = hashlib.sha256(SOURCE.read_bytes() + Path(__file__).read_bytes()).hexdigest()[:16]
    target = cache() / "images" / f"whoami-{digest}.tar"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        program = target.parent / "whoami"
        _compile(program)
        write(target, Image((PAUSE,), program, ("pause",)), Image((WHOAMI, STAND_IN), program))
        program.unlink()
    return target


def _compile(program: Path) -> None:
    flags = ["-trimpath", "-ldflags", "-s -w", "-o", str(program)]
    environment = {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"}
    done = subprocess.run(
        ["go", "build", *flags, str(SOURCE)], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        message = f"{SOURCE.name} does not build: {done.stderr.strip()}"
        raise BuildError(message)


def write(target: Path, *images: Image) -> None:
    """An archive with all of them; what several have is in it once."""
    blobs: dict[str, bytes] = {}

    def blob(kind: str, content: bytes) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = content
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(content)}

    def manifest(image: Image) -> dict[str, Any]:
        layer = blob(_LAYER, _tar({image.program.name: (0o755, image.program.read_bytes())}))
        config = {
            "architecture": _architecture(),
            "os": "linux",
            "config": {"Entrypoint": [f"/{image.program.name}", *image.arguments], "WorkingDir": "/"},
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]},
        }
        content = {"schemaVersion": 2, "config": blob(_CONFIG, _json(config)), "layers": [layer]}
        return blob(_MANIFEST, _json({"mediaType": _MANIFEST, **content}))

    index = {
        "schemaVersion": 2,
        "manifests": [
            {**manifest(image), "annotations": {"io.containerd.image.name": name}}
            for image in images
            for name in image.names
        ],
    }
    files = {"oci-layout": _json({"imageLayoutVersion": "1.0.0"}), "index.json": _json(index), **blobs}
    staged = target.with_suffix(".staged")
    staged.write_bytes(_tar({name: (0o644, content) for name, content in files.items()}))
    staged.rename(target)


def _architecture() -> str:
    return subprocess.run(["go", "env", "GOARCH"], capture_output=True, text=True, check=True).stdout.strip()


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


def _tar(files: dict[str, tuple[int, bytes]]) -> bytes:
    """Owned by root, from 1970: the same bytes each time."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for name, (mode, content) in files.items():
            entry = tarfile.TarInfo(name)
            entry.mode, entry.size = mode, len(content)
            archive.addfile(entry, io.BytesIO(content))
    return written.getvalue()
