"""`mockcloud exec` into a pod ends at the pod's walls, since it may run what the pod has written."""

import os
import secrets

import pytest

from mockcloud.pod_ids import FIRST
from testkit.kubectl import find_kubectl
from testkit.lab import Lab, run

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]
POD = """
apiVersion: v1
kind: Pod
metadata: {name: box}
spec:
  containers:
  - {name: main, image: busybox, command: [sleep, "1000"]}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - {name: main, image: traefik/whoami, ports: [{containerPort: 80}]}
"""
WHAT_IT_MAY = "grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp|Uid):' /proc/self/status; cat /proc/self/uid_map"
TRAP = "printf '#!/bin/sh\\ngrep CapEff: /proc/self/status\\n' > /tmp/trap; chmod +x /tmp/trap"


class LabWithKubectl(Lab):
    """A lab, and kubectl for it."""

    def kubectl(self, *words):
        """What it prints; skips without one."""
        kubectl = find_kubectl() or pytest.skip("there is no kubectl")
        return run([kubectl, "--kubeconfig", self.kubeconfig, *words])


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A lab of one node with the pods of `POD`, running."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        made = LabWithKubectl(f"walls-{secrets.token_hex(3)}")
        with made.running("--nodes", "1", "--provider", "none"):
            manifest = tmp_path_factory.mktemp("manifest") / "pods.yaml"
            manifest.write_text(POD)
            made.kubectl("apply", "-f", str(manifest))
            made.kubectl("wait", "--for=condition=Ready", "pod/box", "pod/web", "--timeout=60s")
            yield made


def test_a_command_in_a_pod_may_what_the_pod_may(lab):
    """Its user, capabilities and system calls are those of the pod's own programs."""
    ours = lab.run("default/box", "sh", "-c", WHAT_IT_MAY)
    theirs = lab.kubectl("exec", "box", "--", "sh", "-c", WHAT_IT_MAY)
    assert ours == theirs
    assert "CapEff:\t00000000a80425fb\n" in ours
    assert "NoNewPrivs:\t1\nSeccomp:\t2\n" in ours
    if os.getuid() == 0:
        inside, outside, count = ours.splitlines()[-1].split()
        assert (inside, count) == ("0", "65536")
        assert int(outside) >= FIRST


def test_what_a_pod_has_written_is_run_inside_its_walls(lab):
    """A program that the pod has put there."""
    lab.kubectl("exec", "box", "--", "sh", "-c", TRAP)
    assert "00000000a80425fb" in lab.run("default/box", "/tmp/trap")


def test_a_pod_is_asked_without_curl_and_without_the_checkout(lab):
    """The demonstration's own questions, where the machine has no curl."""
    lab.has_curl = False
    pod_ip = lab.kubectl("get", "pod", "web", "-o", "jsonpath={.status.podIP}")
    assert {answer.pod for answer in lab.fetch("default/box", f"http://{pod_ip}/", times=2)} == {"web"}
