"""`make demo` as a person runs it: with root's powers, and with none at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mockcloud.lab.namespaces import prctl

pytestmark = [pytest.mark.netns, pytest.mark.timeout(120)]

ROOT = Path(__file__).parents[2]
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
LAST_CAPABILITY = Path("/proc/sys/kernel/cap_last_cap")


def keep_all():
    """The test's own powers."""


def drop_all():
    """Become what an ordinary user is to the kernel: no capability, and no way to get one by exec."""
    if os.getuid() == 0:
        for capability in range(int(LAST_CAPABILITY.read_text()) + 1):
            prctl(PR_CAPBSET_DROP, capability)
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def namespaces():
    """The network namespaces that processes of this machine are in."""
    found = set()
    for process in Path("/proc").glob("[0-9]*/ns/net"):
        try:
            found.add(os.readlink(process))
        except OSError:
            continue  # it has just ended
    return found


@pytest.mark.parametrize(
    "powers", [pytest.param(keep_all, id="as-we-are"), pytest.param(drop_all, id="no-powers")]
)
def test_the_demonstration_shows_every_hop_and_leaves_nothing(powers, tmp_path):
    """Its exit code is 0 only if each answer was right; afterwards no namespace and no file is left."""
    before = namespaces()
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}

    result = subprocess.run(
        [sys.executable, "-m", "e2e.demo"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        preexec_fn=powers,
    )

    said = result.stdout
    assert result.returncode == 0, said + result.stderr
    assert "EXTERNAL-IP: <pending>" in said
    assert "EXTERNAL-IP: 192.168.10.2" in said
    assert "which is node-" in said, "somebody answered ARP, and it was a node"
    for way in ("the external IP", "a NodePort of node-", "the ClusterIP, from pod nginx-"):
        assert f"through {way}" in said
    assert "Every answer was right" in said
    assert "\x1b" not in said, "no colour where there is no terminal"
    assert namespaces() == before
    assert not list(tmp_path.iterdir())


def test_dropping_powers_drops_them():
    """The pretence of an ordinary user is one: making a network namespace directly is refused."""
    program = "from mockcloud.lab.namespaces import new_network_namespace as make; make()"
    command = [sys.executable, "-c", program]

    refused = subprocess.run(
        command, cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False, preexec_fn=drop_all
    )

    assert refused.stderr.endswith("unshare: Operation not permitted\n")
