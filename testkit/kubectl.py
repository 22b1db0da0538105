"""kubectl binaries, and the environment in which one leaves nothing outside of a lab."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path


def kubectls() -> list[str]:
    """The kubectl binaries to be had: the system's first, then the one of the virtual environment."""
    beside_python = Path(sys.executable).with_name("kubectl")
    found = [shutil.which("kubectl"), str(beside_python) if beside_python.exists() else None]
    return list(dict.fromkeys(path for path in found if path))


def find_kubectl() -> str | None:
    """The system's kubectl, or the one beside this Python; None where there is none."""
    return next(iter(kubectls()), None)


def kubectl_environment(kubeconfig: str | Path) -> dict[str, str]:
    """This process's environment, and kubectl's: for that cluster, its cache beside the kubeconfig."""
    cache = str(Path(kubeconfig).parent / "kubectl-cache")
    return {**os.environ, "KUBECONFIG": str(kubeconfig), "KUBECACHEDIR": cache}
