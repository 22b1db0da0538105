"""JavaScript's client, @kubernetes/client-node, in a lab: an informer, streams, server-side apply."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from testkit.control_planes.build import cache
from testkit.lab import Lab

SOURCE = Path(__file__).parents[2] / "node_client"


@pytest.fixture(scope="module")
def program() -> Path:
    """SOURCE with the client beside it, by npm into the cache."""
    if not shutil.which("npm"):
        pytest.skip("there is no npm: install Node.js 20 or later")
    folder = cache() / "node-client"
    shutil.copytree(SOURCE, folder, dirs_exist_ok=True)
    npm = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"]
    done = subprocess.run(npm, cwd=folder, capture_output=True, text=True, check=False, timeout=150)
    if done.returncode:
        pytest.skip(f"npm does not bring @kubernetes/client-node: {done.stderr.strip()[-300:]}")
    return folder / "steps.mjs"


@pytest.mark.timeout(600)
def test_what_programs_do(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step comes to its end, with what a cluster answers."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    lab = Lab("node-client")
    with lab.running("--nodes", "1", "--provider", "none"):
        environment = {**os.environ, "KUBECONFIG": lab.kubeconfig}
        done = subprocess.run(
            ["node", program, "default"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    assert (done.stdout.splitlines(), done.stderr) == (
        [
            "informer: web",
            "exec: in err 3",
            "port-forward: pod: web",
            'apply: {"a":"b","c":"d"}',
        ],
        "",
    )
