"""A lab with web servers, as the tests of whole clusters drive it: by kubectl and curl."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import time
from pathlib import Path

import pytest

from testkit.kubectl import find_kubectl, kubectl_environment
from testkit.lab import Lab, StepError

MANIFEST = Path(__file__).parents[2] / "examples" / "whoami-loadbalancer.yaml"
PATIENCE = 60  # seconds
CONFIG_MAP = ("--namespace", "baremetal-lb-system", "configmap", "config")


class Cluster:
    """A lab and kubectl for it."""

    def __init__(self, lab, kubectl):
        self.lab, self._kubectl = lab, kubectl

    def kubectl(self, *arguments, stdin=None):
        """What kubectl prints; its errors fail the test."""
        environment = kubectl_environment(self.lab.kubeconfig)
        result = subprocess.run(
            [self._kubectl, *arguments],
            input=stdin,
            env=environment,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    def expose(self, name):
        """A Service of type LoadBalancer before the web servers."""
        self.kubectl(*f"expose deployment whoami --name {name} --port 80 --type LoadBalancer".split())

    def address(self, name, *, announced=True):
        """Its external address, once somebody answers for it (or only once it has one)."""
        path = "jsonpath={.status.loadBalancer.ingress[0].ip}"
        awaited = "condition=baremetal-lb.io/Announced" if announced else path
        self.kubectl("wait", f"--for={awaited}", f"service/{name}", "--timeout=60s")
        return self.kubectl("get", "service", name, "-o", path)

    def until(self, question, wanted, patience=PATIENCE):
        """Ask until the answer is this: for what becomes true without an event that tells of it."""
        deadline = time.monotonic() + patience
        while (found := question()) != wanted:
            assert time.monotonic() < deadline, f"found {found}, and not {wanted}"

    def event(self, reason, about):
        """The message of the newest Event of that reason about that object; waits for it."""
        kind, _, name = about.partition("/")
        selector = f"--field-selector=reason={reason},involvedObject.kind={kind},involvedObject.name={name}"
        arguments = ("get", "events", "-A", selector, "-o", "json")
        deadline = time.monotonic() + PATIENCE
        while not (found := json.loads(self.kubectl(*arguments))["items"]):
            assert time.monotonic() < deadline, f"no Event {reason} about {about}"
        return found[-1]["message"]

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
    kubectl = find_kubectl()
    if kubectl is None:
        pytest.skip("there is no kubectl")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        lab = Lab(name)
        with lab.running():
            cluster = Cluster(lab, kubectl)
            cluster.kubectl("apply", "-f", str(MANIFEST))
            cluster.kubectl("wait", "--for=condition=Available", "deployment/whoami", "--timeout=60s")
            yield cluster
