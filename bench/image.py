"""The image (`make image` first, as root): its size, and how long its daemons take from exec to ready."""

from __future__ import annotations

import statistics
import tempfile
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.figures import Figure
from testkit import daemons
from testkit.api import KubeApi
from testkit.container import CLUSTER, SPEAKER_ALONE, Confinement, Image

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT: Final = Path(__file__).parent.parent
_ROUNDS: Final = 5
_NET_RAW: Final = 13
_USER: Final = 65532
_DAEMONS: Final = {
    "controller": (Confinement(_USER), ("controller", "--metrics-port", "0", "--no-leader-elect")),
    "speaker": (Confinement(0, (_NET_RAW,)), ("speaker", *SPEAKER_ALONE)),
}


def run() -> Iterator[Figure]:
    """Medians of some rounds, the image's files in the page cache."""
    version = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]["version"]
    archive = _ROOT / "dist" / f"baremetal-lb-{version}.oci.tar"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image = Image.unpack(archive, folder / "image")
        yield Figure("compressed layers", image.compressed / 1e6, "MB", "90 MB")
        with KubeApi(folder / "api").running() as api:
            api.kubectl("apply", "-f", "-", stdin=CLUSTER)
            (image.root / "kubeconfig").write_bytes(api.kubeconfig.read_bytes())
            for daemon in _DAEMONS:
                rounds = [_start(image, daemon, folder / "log") for _ in range(_ROUNDS + 1)][1:]
                yield Figure(f"{daemon}: exec to ready", statistics.median(rounds), "s", "1 s")


def _start(image: Image, daemon: str, log: Path) -> float:
    confinement, arguments = _DAEMONS[daemon]
    began = time.monotonic()
    process = daemons.start(
        image.command(*arguments, "--kubeconfig", "/kubeconfig"), log=log, enter=image.enter(confinement)
    )
    took = time.monotonic() - began
    daemons.stop(process)
    return took
