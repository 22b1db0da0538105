"""The image that pods run here, made without a registry: one static program in an OCI archive.

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


def whoami() -> Path:
    """The archive with all three names, built where the source has changed since; raises BuildError."""
    digest = hashlib.sha256(SOURCE.read_bytes() + Path(__file__).read_bytes()).hexdigest()[:16]
    target = cache() / "images" / f"whoami-{digest}.tar"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        program = target.with_suffix(".program")
        _compile(program)
        staged = target.with_suffix(".staged")
        _write(staged, program)
        program.unlink()
        staged.rename(target)
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


def _write(target: Path, program: Path) -> None:
    layer = _tar({"whoami": (0o755, program.read_bytes())})
    blobs: dict[str, bytes] = {}

    def blob(kind: str, content: bytes) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = content
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(content)}

    layers = [blob(_LAYER, layer)]

    def image(*entrypoint: str) -> dict[str, Any]:
        config = {
            "architecture": _architecture(),
            "os": "linux",
            "config": {"Entrypoint": list(entrypoint), "WorkingDir": "/"},
            "rootfs": {"type": "layers", "diff_ids": [layers[0]["digest"]]},
        }
        manifest = {"schemaVersion": 2, "config": blob(_CONFIG, _json(config)), "layers": layers}
        return blob(_MANIFEST, _json({"mediaType": _MANIFEST, **manifest}))

    named = [(PAUSE, image("/whoami", "pause")), *((name, image("/whoami")) for name in (WHOAMI, STAND_IN))]
    index = {
        "schemaVersion": 2,
        "manifests": [
            {**manifest, "annotations": {"io.containerd.image.name": name}} for name, manifest in named
        ],
    }
    files = {"oci-layout": _json({"imageLayoutVersion": "1.0.0"}), "index.json": _json(index), **blobs}
    target.write_bytes(_tar({name: (0o644, content) for name, content in files.items()}))


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
