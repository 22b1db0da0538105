"""A folder for a cluster's files; skips where a real cluster can't be had without a long build."""

import os
import tempfile
from pathlib import Path

import pytest

from testkit.control_planes.build import NODE_PROGRAMS, PROGRAMS, programs_dir


@pytest.fixture
def state():
    """With a short path: a Unix socket's name has 108 bytes."""
    if os.getuid() != 0:
        pytest.skip("a real cluster needs root")
    wanted = (*PROGRAMS, *NODE_PROGRAMS, "containerd", "runc", "cni")
    missing = [name for name in wanted if not (programs_dir() / name).exists()]
    if missing:
        pytest.skip(f"not built yet: {', '.join(missing)}; `make e2e-real` builds them")
    with tempfile.TemporaryDirectory(prefix="real-") as folder:
        yield Path(folder)
