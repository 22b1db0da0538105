"""One cluster, one outside client, and the servers behind all Services, for the whole run."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from e2e.suite import options
from e2e.suite.cluster import preparation
from e2e.suite.cluster.cluster import Cluster, Service, load_balancer
from e2e.suite.cluster.daemons import Daemons
from e2e.suite.cluster.kubectl import Kubectl, KubectlError
from e2e.suite.cluster.pools import NoGround
from e2e.suite.outside import Outside
from mockcloud.lab.interruptions import interruptions
from testkit.kubectl import find_kubectl, kubectl_environment
from testkit.lab import Lab, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from e2e.suite.cluster.kubectl import Object
    from e2e.suite.environments.environment import Environment

_NODES = 3  # enough for an address to move twice


def pytest_addoption(parser: pytest.Parser) -> None:
    """The suite's own."""
    options.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    """SIGTERM and SIGHUP end a run as Ctrl-C does: whatever it changed is taken back."""
    stack = ExitStack()
    stack.enter_context(interruptions())
    config.add_cleanup(stack.close)


@pytest.fixture(scope="session")
def kubeconfig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The cluster's: of a lab of our own, of a lab that is up, or of $KUBECONFIG."""
    asked = request.config.option
    if asked.environment != options.LAB:
        path = os.environ.get("KUBECONFIG", "")
        if not path:
            pytest.exit(f"--environment {asked.environment}: KUBECONFIG is not set", returncode=2)
        yield path
    elif asked.cluster:
        yield run([sys.executable, "-m", "mockcloud", "kubeconfig", "--name", asked.cluster]).strip()
    else:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
            lab = Lab(_lab(request.config))
            with lab.running("--ipv6"):
                yield lab.kubeconfig


def _lab(config: pytest.Config) -> str:
    return config.option.cluster or "e2e"


@pytest.fixture(scope="session")
def environment(request: pytest.FixtureRequest) -> Environment:
    """Where the cluster runs."""
    try:
        return options.environment(request.config.option, _lab(request.config))
    except ValueError as exc:
        pytest.exit(str(exc), returncode=2)


@pytest.fixture(scope="session")
def kubectl(request: pytest.FixtureRequest, kubeconfig: str) -> Kubectl:
    """For that cluster."""
    binary = find_kubectl()
    if binary is None:
        pytest.exit("there is no kubectl on PATH", returncode=2)
    asked = request.config.option
    # A lab's cache goes with the lab; elsewhere kubectl is as whoever runs the suite has it.
    own = kubectl_environment(kubeconfig) if asked.environment == options.LAB else dict(os.environ)
    return Kubectl(binary, own, asked.patience)


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest, kubectl: Kubectl, environment: Environment) -> Iterator[Cluster]:
    """Ready: the suite's pools are in force, and its servers answer. Afterwards the cluster is as it was."""
    asked = request.config.option
    config_map = preparation.ConfigMap(kubectl, asked.balancer_namespace, asked.balancer_config_map)
    try:
        text = config_map.read()
        ground = preparation.ground(kubectl, text, environment.pool)
        nodes = tuple(_usable(kubectl)[:_NODES])
        with preparation.namespaces(kubectl, text), preparation.configured(config_map, text, ground):
            kubectl.create(*preparation.servers(environment.image, nodes))
            kubectl(
                *("wait", "--namespace", preparation.NAMESPACE, "--for=condition=Available", "deployment"),
                *("--all", f"--timeout={kubectl.seconds:g}s"),
            )
            outside = Outside(environment, kubectl.seconds)
            daemons = Daemons(kubectl, asked.balancer_namespace)
            yield Cluster(kubectl, outside, environment, ground, config_map, daemons, nodes)
    except (NoGround, preparation.Occupied, KubectlError) as exc:
        pytest.exit(str(exc), returncode=2)


def _usable(kubectl: Kubectl) -> list[str]:
    """The nodes that run anybody's pods: Ready, not cordoned, and none of the control plane's."""
    return [
        node["metadata"]["name"]
        for node in kubectl.json("get", "nodes")["items"]
        if not node["spec"].get("unschedulable")
        and "node-role.kubernetes.io/control-plane" not in node["metadata"].get("labels", {})
        and any(each["type"] == "Ready" and each["status"] == "True" for each in node["status"]["conditions"])
    ]


@pytest.fixture
def services(cluster: Cluster) -> Iterator[Callable[..., list[Service]]]:
    """services(BODY...): all of them at once; they go with the test."""
    made: list[Service] = []

    def make(*bodies: Object) -> list[Service]:
        made.extend(cluster.make(*bodies))
        return made[-len(bodies) :]

    yield make
    for namespace in {each.namespace for each in made}:
        names = [each.name for each in made if each.namespace == namespace]
        kept = ("--ignore-not-found", "--wait=false")
        cluster.kubectl("delete", "--namespace", namespace, "services", *names, *kept)


@pytest.fixture
def expose(services: Callable[..., list[Service]]) -> Callable[..., Service]:
    """expose(NAME, ...): one Service, as `load_balancer` describes it; it goes with the test."""
    return lambda name, **fields: services(load_balancer(name, **fields))[0]
