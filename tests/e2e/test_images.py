"""A catalogue of one's own: any local binary, with arguments."""

import subprocess
import time

import pytest

from testkit.kubectl import find_kubectl, kubectl_environment
from testkit.lab import Lab

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]
CATALOGUE = """
images:
- {{match: [orders], program: local, binary: [no-such-orders, {binary}], arguments: [--listen, "8080"]}}
- {{match: [stock], program: local, binary: [no-such-stock], ports: [7777], install: make -C stock}}
"""


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory):
    """kubectl for a lab that has such a catalogue; its binary is where pods see nothing else."""
    found = find_kubectl()
    if found is None:
        pytest.skip("there is no kubectl")
    folder = tmp_path_factory.mktemp("orders")
    binary = folder / "ordersd"
    binary.write_text('#!/bin/sh\necho "orders: $*"\nexec sleep 1000\n')
    binary.chmod(0o755)
    catalogue = folder / "images.yaml"
    catalogue.write_text(CATALOGUE.format(binary=binary))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        lab = Lab("images")
        with lab.running("--nodes", "1", "--catalogue", str(catalogue)):

            def run(*words):
                environment = kubectl_environment(lab.kubeconfig)
                done = subprocess.run(
                    [found, *words], env=environment, capture_output=True, text=True, timeout=90, check=False
                )
                assert done.returncode == 0, done.stderr
                return done.stdout

            yield run


@pytest.mark.parametrize(
    ("name", "args", "said"),
    [
        pytest.param("plain", (), "orders: --listen 8080\n", id="the-catalogues-arguments"),
        pytest.param("told", ("--", "check", "-v"), "orders: check -v\n", id="the-containers"),
    ],
)
def test_a_binary_of_ones_own_runs_with_its_arguments(kubectl, name, args, said):
    """As an image whose entrypoint it is."""
    kubectl("run", name, "--image=registry.example/team/orders:3", "--restart=Never", *args)
    kubectl("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=60s")
    deadline = time.monotonic() + 60
    while (shown := kubectl("logs", name)) != said:  # it runs before it has written
        assert time.monotonic() < deadline, shown


def test_where_it_is_not_there_the_port_answers_and_the_pod_says_what_helps(kubectl):
    """In `kubectl describe pod`, and as the first line of its log."""
    kubectl("run", "stock", "--image=stock")
    kubectl("wait", "--for=condition=Ready", "pod/stock", "--timeout=60s")
    first, second = kubectl("logs", "stock").splitlines()[:2]
    assert first.endswith("To have the real one: make -C stock and delete the pod")
    assert second == "port 7777: listening"
    described = kubectl("describe", "pod", "stock")
    assert "StandIn" in described
    assert first in described
