"""`kubectl top` in a lab: what it prints, and that it is what the pods really use."""

import json
import subprocess
import time

import pytest

from testkit import objects
from testkit.kubectl import find_kubectl, kubectl_environment

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]
BURN = "while :; do :; done"
HOLD = "import time; held = bytearray(b'x') * (48 << 20); time.sleep(10000)"


@pytest.fixture(params=["lab", "ordinary_lab"])
def kubectl(request):
    """Runs kubectl in root's lab, and in an ordinary user's, where agents may look at less."""
    binary = find_kubectl()
    if binary is None:
        pytest.skip("no kubectl binary found")
    lab = request.getfixturevalue(request.param)

    def run(*words, stdin=None):
        done = subprocess.run(
            [binary, *words], input=stdin, capture_output=True, text=True, timeout=90, check=False,
            env=kubectl_environment(lab.kubeconfig),
        )  # fmt: skip
        return done.stdout if done.returncode == 0 else f"failed: {done.stderr}"

    return run


def until(question, holds):
    """The first answer of which it holds."""
    deadline = time.monotonic() + 90
    while not holds(answer := question()):
        assert time.monotonic() < deadline, answer
    return answer


def rows(text):
    return {line.split()[0]: line.split()[1:] for line in text.splitlines()[1:] if line.strip()}


def milli(text):
    assert text.endswith("m"), text
    return int(text[:-1])


def test_top_tells_who_burns_cpu_and_who_holds_memory(kubectl):
    """By container, by node, in order, by label, and for one pod; then it is gone with the pod."""
    busy = {"name": "busy", "image": "busybox", "command": ["sh", "-c", BURN]}
    idle = {"name": "idle", "image": "busybox", "command": ["sleep", "10000"]}
    holds = {"name": "holds", "image": "python", "command": ["python3", "-c", HOLD]}
    listed = [
        objects.pod("burns", busy, idle, nodeName="node-1", metadata={"labels": {"app": "top"}}),
        objects.pod("holds", holds, nodeName="node-2", metadata={"labels": {"app": "top"}}),
    ]
    for each in listed:
        each["spec"]["terminationGracePeriodSeconds"] = 0
    said = kubectl(
        "apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": listed})
    )
    assert "failed" not in said, said
    said = kubectl("wait", "--for=condition=Ready", "pod", "-l", "app=top", "--timeout=80s")
    assert "failed" not in said, said

    def top():
        return kubectl("top", "pods", "-l", "app=top", "--containers")

    def is_told(text):
        lines = [line.split() for line in text.splitlines()[1:] if "failed" not in text]
        found = {line[1]: line[2:] for line in lines}
        if set(found) != {"busy", "idle", "holds"}:
            return False
        memory = int(found["holds"][1].removesuffix("Mi"))
        return milli(found["busy"][0]) >= 30 and milli(found["idle"][0]) == 0 and 48 <= memory <= 96

    text = until(top, is_told)
    assert text.splitlines()[0].split() == ["POD", "NAME", "CPU(cores)", "MEMORY(bytes)"]
    text = until(
        lambda: kubectl("top", "pods", "--sort-by=memory", "-l", "app=top"), lambda said: len(rows(said)) == 2
    )
    assert list(rows(text)) == ["holds", "burns"]
    text = until(lambda: kubectl("top", "pods", "-A", "-l", "app=top"), lambda said: "burns" in said)
    assert text.splitlines()[0].split()[0] == "NAMESPACE"
    text = until(lambda: kubectl("top", "nodes"), lambda said: {"node-1", "node-2"} <= set(rows(said)))
    assert int(rows(text)["node-2"][2].removesuffix("Mi")) >= 48
    kubectl("delete", "pod", "-l", "app=top", "--now", "--wait=true")
    said = kubectl("top", "pod", "burns")
    assert 'pods "burns" not found' in said or 'podmetrics.metrics.k8s.io "default/burns" not found' in said
