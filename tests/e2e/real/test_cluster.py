"""A real cluster's containers serve, and its end leaves nothing, however it comes."""

import json
import re
import signal
import subprocess

import pytest

from e2e.real import keeper
from tests.e2e.real.cluster import NAME, ROOT, command, environment, left, real

pytestmark = [pytest.mark.netns]

WHOAMI = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: whoami}
spec:
  replicas: 2
  selector: {matchLabels: {app: whoami}}
  template:
    metadata: {labels: {app: whoami}}
    spec:
      containers:
        - name: whoami
          image: localhost/whoami:1
          readinessProbe: {httpGet: {port: 80}, periodSeconds: 1}
          env: [{name: NODE_NAME, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
---
apiVersion: v1
kind: Service
metadata: {name: whoami}
spec:
  type: NodePort
  ipFamilyPolicy: RequireDualStack
  selector: {app: whoami}
  ports: [{port: 80, nodePort: 30080}]
"""


def kubectl(state, *words, given=None):
    """What kubectl prints on the control host."""
    return real(state, "exec", "control", "--", "kubectl", *words, given=given)


def test_a_container_answers_through_every_nodes_port(state):
    """Clients outside reach a Deployment's containers at any node by both families; nodes reach the API."""
    real(state, "up", "--nodes", "2")
    try:
        kubectl(state, "apply", "-f", "-", given=WHOAMI)
        kubectl(state, "rollout", "status", "deployment/whoami", "--timeout=90s")
        for host in ("192.168.10.11", "192.168.10.12", "[fd00:10::11]", "[fd00:10::12]"):
            curl = [
                "curl",
                "-gsS",
                "--retry",
                "30",
                "--retry-delay",
                "1",
                "--retry-all-errors",
                "--max-time",
                "5",
            ]
            url = f"http://{host}:30080/"
            said = json.loads(
                real(state, "exec", "client", "--", *curl, "-H", "Accept: application/json", url)
            )
            assert re.match(r"whoami-", said["pod"])
            assert said["node"] in ("node-1", "node-2")
        kubectl(state, "logs", "deployment/whoami")
        curl = ["curl", "-gsSk", "--retry", "30", "--retry-all-errors", "https://10.96.0.1/version"]
        assert "v1.34" in real(state, "exec", "node-1", "--", *curl)
    finally:
        real(state, "down")
    assert left(state) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_nothing_is_left_when_its_owner_is_ended(state, number):
    """A signal to `run`, even one that it can't heed, ends the cluster and takes all its traces away."""
    words = command("run", "--nodes", "1", "--", "sh", "-c", "echo up; exec sleep 600")
    with subprocess.Popen(words, cwd=ROOT, env=environment(state), stdout=subprocess.PIPE) as running:
        assert running.stdout.readline() == b"up\n"
        running.send_signal(number)
    place = state / "baremetal-lb-real" / NAME
    keeper.lock(place, wait=True)
    keeper.forget(place)
    assert left(state) == []


def test_a_keeper_that_was_killed_is_cleared_away(state):
    """With the keeper dies the cluster; `down` removes its files."""
    real(state, "up", "--nodes", "1")
    place = state / "baremetal-lb-real" / NAME
    subprocess.run(["kill", "-KILL", (place / "keeper").read_text()], check=True)
    real(state, "down")
    assert left(state) == []
