"""The commands of a run on kind, as values: which programs are wanted, and what is said to each."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from e2e.suite.environments.known import KIND_CLIENT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
CLUSTER: Final = "baremetal-lb-e2e"
NETWORK: Final = "kind"
IMAGE: Final = "localhost/baremetal-lb:e2e"
PROGRAMS: Final = ("docker", "kind", "helm", "kubectl")
_NAMESPACE: Final = "baremetal-lb-system"
_RELEASE: Final = ("baremetal-lb", "--namespace", _NAMESPACE)
_WAIT: Final = ("--wait", "--timeout", "5m")

Words = tuple[str, ...]

BUILD: Final[Words] = ("docker", "build", "--tag", IMAGE, str(ROOT))
LOAD: Final[Words] = ("kind", "load", "docker-image", IMAGE, "--name", CLUSTER)
INSPECT: Final[Words] = ("docker", "network", "inspect", NETWORK)
STOP_CLIENT: Final[Words] = ("docker", "rm", "--force", KIND_CLIENT)
DELETE: Final[Words] = ("kind", "delete", "cluster", "--name", CLUSTER)
# As root, which the image does not run as: it opens packet sockets, and claims an address.
START_CLIENT: Final[Words] = (
    *("docker", "run", "--detach", "--rm", "--name", KIND_CLIENT, "--network", NETWORK, "--user", "0"),
    *("--cap-add", "NET_RAW", "--entrypoint", "python3", IMAGE, "-c", "import signal; signal.pause()"),
)


def create(kubeconfig: str) -> Words:
    """Make the cluster; its kubeconfig goes nowhere else."""
    config = str(ROOT / "e2e" / "kind" / "cluster.yaml")
    named = ("--name", CLUSTER, "--config", config, "--kubeconfig", kubeconfig)
    return ("kind", "create", "cluster", *named, "--wait", "5m")


def install(pool: Sequence[str]) -> Words:
    """Install the chart, or upgrade it to the same."""
    repository, _, tag = IMAGE.rpartition(":")
    pools = json.dumps([{"name": "kind", "protocol": "layer2", "addresses": list(pool)}])
    values = (f"image.repository={repository}", f"image.tag={tag}", "image.pullPolicy=Never")
    words = [word for value in values for word in ("--set", value)]
    chart = str(ROOT / "charts" / "baremetal-lb")
    return (
        *("helm", "upgrade", "--install", *_RELEASE, chart, "--create-namespace", *words),
        *("--set-json", f"addressPools={pools}", *_WAIT),
    )


def suite(pool: Sequence[str], arguments: Sequence[str]) -> Words:
    """Run the scenarios; their addresses are taken out of the chart's own pool."""
    upgrade = (*install(pool), "--set", "controller.logLevel=debug", "--set", "speaker.logLevel=debug")
    options = {
        "--environment": "kind",
        "--image": IMAGE,
        "--upgrade": shlex.join(upgrade),
        "--uninstall": shlex.join(("helm", "uninstall", *_RELEASE, *_WAIT)),
        "--install": shlex.join(install(pool)),
    }
    given = [f"{option}={value}" for option, value in options.items()]
    return (sys.executable, "-m", "pytest", str(ROOT / "e2e" / "suite"), *given, *arguments)


def lacking(find: Callable[[str], str | None]) -> str:
    """What to say where programs are missing; "" where all are there."""
    missing = [each for each in PROGRAMS if find(each) is None]
    if not missing:
        return ""
    return (
        f"e2e/kind/run: {', '.join(missing)} not found on PATH: kind needs {', '.join(PROGRAMS)}. "
        "Without Docker `make e2e` runs the same scenarios on a lab"
    )
