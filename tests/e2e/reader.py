"""Somebody who types a guide's commands, with a lab and real kubectl."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from testkit.kubectl import find_kubectl, kubectl_environment
from testkit.lab import Lab, StepError

EXAMPLES = Path(__file__).parents[2] / "examples"
ENOUGH = 24  # so many answers of two random pods are all from one in 1 of 4 million cases
PATIENCE = 60  # seconds
IP = re.compile(r"\d+\.\d+\.\d+\.\d+")


class Reader:
    """Somebody at a terminal, with a lab and kubectl."""

    def __init__(self, lab, kubectl):
        self.lab = lab
        self.environment = {
            **kubectl_environment(lab.kubeconfig),
            "PATH": f"{Path(kubectl).parent}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        }

    def type(self, command):
        """What the command line prints; it must succeed."""
        done = subprocess.run(
            ["sh", "-c", command],
            env=self.environment,
            cwd=EXAMPLES,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def type_at_a_terminal(self, command):
        """The same with a terminal for all three streams, for -it; what was shown on it."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            ["sh", "-c", command], env=self.environment, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:  # the other end is closed
            pass
        os.close(ours)
        assert process.wait(60) == 0, shown
        return shown.decode()

    def shows(self, command, right):
        """The command comes to succeed and to print what is `right` (a text in it, or a question about it).

        Nodes learn of a Service each by itself, and its names come when they come: a person types it again.
        """
        return _comes_to(lambda: self.type(command), right, command)

    def until(self, question, wanted):
        """What is asked comes to be answered so."""
        deadline = time.monotonic() + PATIENCE
        while (found := question()) != wanted:
            assert time.monotonic() < deadline, f"found {found}, and not {wanted}"

    def outside(self, command, right):
        """The same on the client, a host beside the cluster."""
        return _comes_to(lambda: self.lab.run("client", "sh", "-c", command), right, command)

    def answers(self, pod, url):
        """Which pods answer from inside a pod, from the first answer on."""
        self.shows(f"kubectl exec {pod} -- curl -s --max-time 5 {url}", "pod: ")
        return pods_in(self.type(_many_times(pod, url)))

    def is_answered_by(self, selector, pod, url):
        """All pods with these labels come to answer, and no other, from inside a pod."""
        self.shows(_many_times(pod, url), lambda said: pods_in(said) == self.names(selector))

    def names(self, selector):
        """The names of the pods with these labels."""
        return set(self.type(f"kubectl get pods -l {selector} -o name").replace("pod/", "").split())

    def json(self, what):
        """`kubectl get WHAT`, whole."""
        return json.loads(self.type(f"kubectl get {what} -o json"))

    def external_ip(self, service):
        """The Service's external address, once somebody answers for it."""
        path = "{.status.loadBalancer.ingress[0].ip}"
        self.type(f"kubectl wait --for=condition=baremetal-lb.io/Announced service/{service} --timeout=60s")
        return self.type(f"kubectl get service {service} -o jsonpath='{path}'")

    def node_ips(self):
        """As `kubectl get nodes -o wide` shows them."""
        lines = self.type("kubectl get nodes -o wide --no-headers").splitlines()
        return {line.split()[0]: IP.search(line).group() for line in lines}

    @contextmanager
    def applied(self, folder):
        """The folder's manifests, all of their pods ready; afterwards nothing is left of them."""
        self.type(f"kubectl apply -f {folder}")
        for kind in ("deployment", "statefulset"):
            for name in self.type(f"kubectl get {kind} -o name").split():
                self.type(f"kubectl rollout status {name} --timeout=60s")
        self.type("kubectl wait --for=condition=Ready pod --all --timeout=60s")
        try:
            yield self
        finally:
            self.type(f"kubectl delete -f {folder} --ignore-not-found")
            self.type("kubectl delete pvc --all && kubectl wait --for=delete pod --all --timeout=60s")


def _many_times(pod, url):
    loop = f"for i in $(seq {ENOUGH}); do curl -s --max-time 5 {url}; done"
    return f"kubectl exec {pod} -- sh -c '{loop}'"


def pods_in(answers):
    """Who gave them."""
    return set(re.findall(r"^pod: (.*)$", answers, re.MULTILINE))


def _comes_to(question, right, about):
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            said, why = question(), ""
        except (AssertionError, StepError) as exc:
            said, why = "", str(exc)
        if not why and (right in said if isinstance(right, str) else right(said)):
            return said
        assert time.monotonic() < deadline, f"{about}: {why or said}"


@contextmanager
def reading(kind, name, tmp_path_factory, *options):
    """Such a reader, with a lab of that name; skipped where there is nothing to type with."""
    kubectl = find_kubectl()
    if kubectl is None:
        pytest.skip("there is no kubectl")
    if shutil.which("curl") is None:
        pytest.skip("there is no curl")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        lab = Lab(name)
        with lab.running(*options):
            yield kind(lab, kubectl)
