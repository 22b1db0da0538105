"""What `mockcloud up` installs: the balancer's pods, which kubectl and Helm find as on any cluster."""

import json
import os
import re
import secrets
import shlex
import signal
import subprocess
import sys

import pytest

from testkit.chart import CHART, helm
from testkit.kubectl import find_kubectl
from testkit.lab import Lab
from tests.e2e.cluster import Cluster

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]
SYSTEM = ("-n", "baremetal-lb-system")
STARTING = 90  # seconds, on a machine that may have much else to do
SPEAKERS, CONTROLLERS = "daemonset/baremetal-lb-speaker", "deployment/baremetal-lb-controller"
WEB = "create deployment whoami --image=traefik/whoami --port=80"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A lab of two nodes as it comes, and a web server."""
    kubectl = find_kubectl() or pytest.skip("there is no kubectl")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        lab = Lab(f"installed-{secrets.token_hex(3)}")
        with lab.running("--nodes", "2"):
            made = Cluster(lab, kubectl)
            made.kubectl(*WEB.split())
            yield made


def mockcloud(cluster, verb, *words):
    """What the command prints; its exit code may be 1."""
    command = [sys.executable, "-m", "mockcloud", verb, "--name", cluster.lab.name, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert done.stdout, done.stderr
    return done.stdout


def pods(cluster):
    """The balancer's pods in `mockcloud status`, by name."""
    return {each["name"]: each for each in json.loads(mockcloud(cluster, "status", "-o", "json"))["pods"]}


def rolled_out(cluster):
    words = (*SYSTEM, "rollout", "status", "--watch=false")
    told = [cluster.kubectl(*words, each) for each in (SPEAKERS, CONTROLLERS)]
    return all("successfully rolled out" in text for text in told)


def test_it_is_ready_when_up_is_done(cluster):
    """All pods of the chart's workloads, and each is told with its node and a process that lives."""
    listed = json.loads(cluster.kubectl(*SYSTEM, "get", "pods", "-o", "json"))["items"]
    nodes = {each["metadata"]["name"]: each["spec"]["nodeName"] for each in listed}
    assert all(one["ready"] for each in listed for one in each["status"]["containerStatuses"])

    found = pods(cluster)

    assert len(found) == 4
    assert {name: each["host"] for name, each in found.items()} == nodes
    for each in found.values():
        assert each["state"] == "running"
        os.kill(each["pid"], 0)


def test_its_logs_are_kubectls_and_mockclouds(cluster):
    """`kubectl logs` as they were written, `mockcloud logs POD` in the lab's one form."""
    speaker = next(name for name in pods(cluster) if "speaker" in name)

    assert '"event":"sending heartbeats"' in cluster.kubectl(*SYSTEM, "logs", speaker)
    assert "INFO    sending heartbeats peers=2\n" in mockcloud(cluster, "logs", speaker)
    assert {speaker, "kube", "node-1"} <= {
        line.split()[1] for line in mockcloud(cluster, "logs").splitlines()
    }


def test_pods_that_are_killed_deleted_or_restarted_change_no_address(cluster):
    """By a signal, by `kubectl delete pod` and by `kubectl rollout restart`: others take their places."""
    cluster.expose("steady")
    address = cluster.address("steady")
    before = pods(cluster)

    for each in before.values():
        os.kill(each["pid"], signal.SIGKILL)

    def run_again():
        found = {name: each["pid"] for name, each in pods(cluster).items() if each["state"] == "running"}
        return found.keys() == before.keys() and all(found[name] != before[name]["pid"] for name in found)

    cluster.until(run_again, True, STARTING)
    cluster.kubectl(*SYSTEM, "delete", "pod", *before)
    cluster.until(lambda: rolled_out(cluster), True, STARTING)
    cluster.kubectl(*SYSTEM, "rollout", "restart", SPEAKERS)
    cluster.until(lambda: rolled_out(cluster), True, STARTING)

    assert before.keys().isdisjoint(pods(cluster))
    assert cluster.address("steady") == address
    cluster.until(lambda: cluster.curl(f"http://{address}/"), 0)


def test_an_interpreter_that_dies_takes_no_pod_along(cluster):
    """The one that pods' programs are forked from: it comes back, and pods that ask meanwhile wait for it."""
    before = pods(cluster)
    listed = json.loads(mockcloud(cluster, "status", "-o", "json"))["daemons"]
    (interpreter,) = (each["pid"] for each in listed if each["name"] == "lb-interpreter")

    os.kill(interpreter, signal.SIGKILL)
    cluster.kubectl(*SYSTEM, "delete", "pod", "-l", "app.kubernetes.io/component=speaker")

    def running():
        return sorted(
            name.split("-")[2] for name, each in pods(cluster).items() if each["state"] == "running"
        )

    cluster.until(running, ["controller", "controller", "speaker", "speaker"], STARTING)
    cluster.until(lambda: rolled_out(cluster), True, STARTING)

    controllers = {name: each for name, each in before.items() if "controller" in name}
    assert controllers.items() <= pods(cluster).items()


def test_helm_takes_it_over_and_upgrades_it(cluster):
    """`helm upgrade --install` from this checkout: its first release owns what `up` has made."""
    binary = helm.find() or pytest.skip("there is no helm")
    pools = '[{"name":"lan","protocol":"layer2","addresses":["192.168.10.200-192.168.10.250"]}]'
    words = f"upgrade --install baremetal-lb {CHART} --namespace baremetal-lb-system --wait"
    cluster.expose("kept")
    address = cluster.address("kept")

    done = helm.run(
        binary,
        *shlex.split(words),
        "--set-json",
        f"addressPools={pools}",
        "--set",
        "speaker.logLevel=debug",
        kubeconfig=cluster.lab.kubeconfig,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "--log-level=debug" in cluster.kubectl(*SYSTEM, "get", SPEAKERS, "-o", "yaml")
    assert cluster.address("kept") == address
    cluster.until(lambda: cluster.curl(f"http://{address}/"), 0)


def test_an_up_whose_pods_do_not_become_ready_says_why(tmp_path, monkeypatch):
    """Which pod, and what became of its container; its log stays."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    catalogue = tmp_path / "images.yaml"
    catalogue.write_text(
        "images:\n- match: [baremetal-lb]\n  program: local\n  binary: [/bin/false]\n  install: x\n"
    )
    lab = Lab(f"unlucky-{secrets.token_hex(3)}")

    words = ("--nodes", "1", "--catalogue", str(catalogue), "--timeout", "20")
    done = subprocess.run(
        [sys.executable, "-m", "mockcloud", "up", "--name", lab.name, *words],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    lab.down()
    assert re.search(
        r"not ready after 20 s \(--timeout\): waiting for lb-install \(running: install: "
        r"daemonset/baremetal-lb-speaker has 0 of 1 pods ready; .*"
        r"pod/baremetal-lb-\S+ on node-1: it ended with exit code 1\)",
        done.stderr,
    ), done.stderr
