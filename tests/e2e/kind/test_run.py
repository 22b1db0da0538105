"""`e2e/kind/run`, with programs on PATH that do to a lab what docker, kind and helm would do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from testkit.kubectl import find_kubectl

ROOT = Path(__file__).resolve().parents[3]
RUN = ROOT / "e2e" / "kind" / "run"
SUBNETS = (
    '[{"Name": "kind", "IPAM": {"Config": [{"Subnet": "fd00:10::/64"}, {"Subnet": "192.168.10.0/24"}]}}]'
)

KIND = """
case "$1" in
create) mockcloud up --name "$LAB" --ipv6 > "$FAKES/path"
        while [ "$1" != --kubeconfig ]; do shift; done; cp "$(cat "$FAKES/path")" "$2" ;;
delete) mockcloud down --name "$LAB" ;;
esac
"""
DOCKER = """
case "$1 $2" in
"network inspect") echo "$SUBNETS" ;;
"exec --interactive") shift 3; exec mockcloud exec --name "$LAB" client -- "$@" ;;
esac
"""
HELM = """
for word in "$@"; do case "$word" in addressPools=*) pools="${word#*=}" ;; esac; done
[ -z "$pools" ] && exit
kubectl create configmap config --namespace baremetal-lb-system \\
    --from-literal="config=address-pools: $pools" --dry-run=client --output=json | kubectl replace -f -
"""


@pytest.fixture
def fakes(tmp_path):
    """fakes(NAME=SCRIPT...): these programs come first on PATH, and each writes down how it was called."""

    def make(**scripts):
        for name, script in scripts.items():
            program = tmp_path / name
            program.write_text(f'#!/bin/sh\necho "{name} $1 $2" >> "$FAKES/calls"\n{script}')
            program.chmod(0o755)
        own = str(Path(sys.executable).parent)
        return {
            **os.environ,
            "PATH": f"{tmp_path}:{own}:{os.environ['PATH']}",
            "FAKES": str(tmp_path),
            "LAB": "kind",
            "SUBNETS": SUBNETS,
            "XDG_STATE_HOME": str(tmp_path),
        }

    return make


def run(environment, *arguments):
    """The finished run."""
    return subprocess.run(
        [sys.executable, RUN, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def calls(tmp_path):
    """What was asked of the programs, each by its first two words, without what the suite asked of them."""
    lines = (tmp_path / "calls").read_text().splitlines()
    return [line for line in lines if not line.startswith("docker exec")]


@pytest.mark.netns
@pytest.mark.kubectl
def test_a_run_makes_the_cluster_runs_the_suite_in_it_and_takes_it_away(fakes, tmp_path):
    """The image is there before the chart, the client before the suite, and at the end nothing is left."""
    if find_kubectl() is None:
        pytest.skip("there is no kubectl")

    done = run(fakes(kind=KIND, docker=DOCKER, helm=HELM), "-k", "external_ip")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert calls(tmp_path) == [
        "docker build --tag",
        "kind create cluster",
        "kind load docker-image",
        "docker network inspect",
        "helm upgrade --install",
        "docker run --detach",
        "docker rm --force",
        "kind delete cluster",
    ]


def test_a_step_that_fails_ends_the_run_and_takes_the_cluster_away(fakes, tmp_path):
    """Its exit code and its command are told; what was begun is deleted."""
    environment = fakes(kind='[ "$1" != create ] || exit 7', docker="", helm="", kubectl="")

    done = run(environment)

    assert done.returncode == 7
    assert "kind create cluster --name baremetal-lb-e2e" in done.stderr
    assert calls(tmp_path) == ["docker build --tag", "kind create cluster", "kind delete cluster"]


def test_a_network_without_room_is_told(fakes, tmp_path):
    """In words, not as a stack trace."""
    environment = {**fakes(kind="", docker=DOCKER, helm="", kubectl=""), "SUBNETS": "[{}]"}

    done = run(environment)

    assert done.returncode == 1
    assert "has no subnet: expected an IPv4 subnet" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_machine_without_docker_is_told_what_is_missing(fakes, tmp_path):
    """Each program, and what runs here instead."""
    environment = {**fakes(helm="", kubectl=""), "PATH": str(tmp_path)}

    done = run(environment)

    assert done.returncode == 2
    assert done.stderr.startswith("e2e/kind/run: docker, kind not found on PATH")
    assert "make e2e" in done.stderr
