"""A lab of one node, shared by all clients that others wrote: each works in a namespace of its own."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from testkit.kubectl import find_kubectl, kubectl_environment
from testkit.lab import Lab

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Place:
    """Where a module's tests work."""

    kubeconfig: str
    namespace: str

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """What it prints; its errors fail the test."""
        done = subprocess.run(
            [find_kubectl(), "--namespace", self.namespace, *arguments],
            input=stdin,
            env=kubectl_environment(self.kubeconfig),
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def get(self, *what: str) -> dict:
        """`kubectl get WHAT`, whole."""
        return json.loads(self.kubectl("get", *what, "--output=json"))

    def apply(self, body: dict) -> None:
        """`kubectl apply` of one object."""
        self.kubectl("apply", "--filename=-", stdin=json.dumps(body))


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """One node, and nobody who gives addresses to load balancers."""
    if find_kubectl() is None:
        pytest.skip("there is no kubectl")
    state = str(tmp_path_factory.mktemp("clients"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", state)
        lab = Lab("clients")
        lab.up("--nodes", "1", "--provider", "none")
    try:
        yield lab
    finally:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_STATE_HOME", state)
            lab.down()


@pytest.fixture(scope="module")
def place(lab, request):
    """A namespace of the module's name, gone afterwards."""
    name = request.module.__name__.rpartition(".")[2].replace("_", "-")
    found = Place(lab.kubeconfig, name)
    found.kubectl("create", "namespace", name)
    found.kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=60s")
    yield found
    found.kubectl("delete", "namespace", name)


@pytest.fixture(scope="module")
def web(place):
    """A web server in the module's namespace that answers, as a pod and as a Service of that name."""
    place.kubectl("apply", f"--filename={HERE / 'web.yaml'}")
    place.kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=90s")
    return "web"


@pytest.fixture(scope="session")
def widgets(lab):
    """The custom kind Widget of clients.example/v1."""
    anywhere = Place(lab.kubeconfig, "default")
    anywhere.kubectl("apply", f"--filename={HERE / 'widgets.yaml'}")
    anywhere.kubectl(
        "wait", "--for=condition=established", f"--filename={HERE / 'widgets.yaml'}", "--timeout=60s"
    )
