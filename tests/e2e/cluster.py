"""A lab with web servers, as the tests of whole clusters drive it: by kubectl and curl."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.lab import Lab, StepError

MANIFEST = Path(__file__).parents[2] / "examples" / "nginx-loadbalancer.yaml"
CONFIG_MAP = ("--namespace", "baremetal-lb-system", "configmap", "config")


class Cluster:
    """A lab and kubectl for it."""

    def __init__(self, lab, kubectl):
        self.lab, self._kubectl = lab, kubectl

    def kubectl(self, *arguments, stdin=None):
        """What kubectl prints; its errors fail the test."""
        environment = {
            **os.environ,
            "KUBECONFIG": self.lab.kubeconfig,
            "KUBECACHEDIR": str(Path(self.lab.kubeconfig).parent / "kubectl-cache"),
        }
        result = subprocess.run(
            [self._kubectl, *arguments],
            input=stdin,
            env=environment,
            capture_output=True,
            text=True,
            timeout=40,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    def expose(self, name):
        """A Service of type LoadBalancer before the web servers."""
        self.kubectl(*f"expose deployment nginx --name {name} --port 80 --type LoadBalancer".split())

    def address(self, name):
        """Its external address, once it has one."""
        path = "jsonpath={.status.loadBalancer.ingress[0].ip}"
        self.kubectl("wait", f"--for={path}", f"service/{name}", "--timeout=20s")
        return self.kubectl("get", "service", name, "-o", path)

    def event(self, reason, about):
        """The message of the newest Event of that reason about that object; waits for it."""
        kind, _, name = about.partition("/")
        selector = f"--field-selector=reason={reason},involvedObject.kind={kind},involvedObject.name={name}"
        arguments = ("get", "events", "-A", selector, "-o", "json")
        for _ in range(100):
            found = json.loads(self.kubectl(*arguments))["items"]
            if found:
                return found[-1]["message"]
        return pytest.fail(f"no Event {reason} about {about}")

    def pools(self, text):
        """Replace the pools' configuration."""
        patch = json.dumps({"data": {"config": text}})
        self.kubectl("patch", *CONFIG_MAP, "--type=merge", "-p", patch)

    def curl(self, url):
        """curl's exit code on the client."""
        try:
            self.lab.run("client", "curl", "-sS", "--max-time", "3", url)
        except StepError as exc:
            return int(re.search(r"exit code (\d+)", str(exc)).group(1))
        return 0


@contextlib.contextmanager
def web_cluster(name, tmp_path_factory):
    """A lab of three nodes with two web servers."""
    kubectl = shutil.which("kubectl") or shutil.which("kubectl", path=str(Path(sys.executable).parent))
    if kubectl is None:
        pytest.skip("there is no kubectl")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        lab = Lab(name)
        lab.up()
        try:
            cluster = Cluster(lab, kubectl)
            cluster.kubectl("apply", "-f", str(MANIFEST))
            cluster.kubectl("wait", "--for=condition=Available", "deployment/nginx", "--timeout=20s")
            yield cluster
        finally:
            lab.down()
