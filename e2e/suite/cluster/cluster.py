"""What a scenario has in its hands: the cluster, the outside client, and Services of its own."""

from __future__ import annotations

import shlex
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import pytest

from e2e.suite.cluster.preparation import NAMESPACE, PORT, SERVER, ConfigMap
from e2e.suite.cluster.services import Question, addresses, announced, every
from e2e.suite.environments.environment import Cannot, Environment, fault
from testkit import objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from e2e.suite.cluster.daemons import Daemons
    from e2e.suite.cluster.kubectl import Kubectl, Lacking, Object
    from e2e.suite.cluster.pools import Ground
    from e2e.suite.outside import Outside

HTTP: Final = {"name": "http", "port": 80, "targetPort": PORT}


@dataclass(frozen=True, slots=True)
class Service:
    """A Service of type LoadBalancer, as it was made."""

    kubectl: Kubectl
    name: str
    namespace: str

    def until(self, question: Question) -> Object:
        """Wait until it lacks nothing of that: the object."""
        found = self.kubectl.until(every(question, self.name), *self._listed)
        return found[self.name]

    def object(self) -> Object:
        return self.kubectl.json("get", "--namespace", self.namespace, "service", self.name)

    def addresses(self) -> list[str]:
        """Its addresses, once each is announced."""
        return addresses(self.until(announced))

    def address(self) -> str:
        """Its only address, or the first."""
        return self.addresses()[0]

    def patch(self, **spec: object) -> None:
        self.kubectl.patch("--namespace", self.namespace, "service", self.name, spec=spec)

    def annotate(self, **annotations: str | None) -> None:
        metadata = {"annotations": annotations}
        self.kubectl.patch("--namespace", self.namespace, "service", self.name, metadata=metadata)

    def delete(self) -> None:
        self.kubectl("delete", "--namespace", self.namespace, "service", self.name, "--ignore-not-found")

    @property
    def _listed(self) -> tuple[str, ...]:
        return ("--namespace", self.namespace, "services", f"--field-selector=metadata.name={self.name}")


@dataclass(frozen=True, slots=True)
class Cluster:
    """One for all scenarios."""

    kubectl: Kubectl
    outside: Outside
    environment: Environment
    ground: Ground
    config_map: ConfigMap
    daemons: Daemons
    nodes: tuple[str, ...]
    """Those that may run the suite's pods, and that it may hurt."""

    @property
    def patient(self) -> Cluster:
        """The same for what consists of several waits, one after the other."""
        return replace(self, kubectl=self.kubectl.patient)

    def make(self, *bodies: Object) -> list[Service]:
        """Create these Services."""
        self.kubectl.create(*bodies)
        return [
            Service(self.kubectl, each["metadata"]["name"], each["metadata"]["namespace"]) for each in bodies
        ]

    def until_announced(self, *services: Service) -> list[Object]:
        """Wait until each of these, of the suite's namespace, is announced: the objects, in this order."""
        names = [each.name for each in services]
        found = self.until_all(every(announced, *names), "services")
        return [found[each] for each in names]

    def until_all(self, lacking: Lacking, *what: str) -> dict[str, Object]:
        """Wait until these objects of the suite's namespace lack nothing: the objects by name."""
        return self.kubectl.until(lacking, "--namespace", NAMESPACE, *what)

    def delete_services(self, label: str) -> None:
        """Delete the suite's Services with that label, KEY=VALUE, by one request."""
        where = f"/api/v1/namespaces/{NAMESPACE}/services?labelSelector={quote(label)}"
        self.kubectl("delete", "--raw", where)

    def names(self, *what: str) -> list[str]:
        """What `kubectl get WHAT` lists, as KIND/NAME."""
        return self.kubectl("get", *what, "--output=name").split()

    def comes_to_be(self, question: Callable[[], object], wanted: object) -> None:
        """Ask until the answer is this: for what becomes true without an event that tells of it."""
        deadline = time.monotonic() + self.kubectl.seconds
        while (found := question()) != wanted:
            assert time.monotonic() < deadline, f"found {found!r}, and not {wanted!r}"

    def everything_in(self, namespace: str) -> set[str]:
        """All objects of a namespace as KIND/NAME; without Events, which end by themselves."""
        kinds = self.kubectl("api-resources", "--namespaced", "--verbs=list", "--output=name").split()
        listed = ",".join(each for each in kinds if each.partition(".")[0] != "events")
        return set(self.names("--namespace", namespace, listed))

    def event(self, reason: str, name: str, namespace: str) -> str:
        """The message of an Event of that reason about the object of that name; waits for it."""
        selector = f"--field-selector=reason={reason},involvedObject.name={name}"
        found = self.kubectl.until(
            lambda seen: "" if seen else "none", "--namespace", namespace, "events", selector
        )
        message: str = next(iter(found.values()))["message"]
        return message

    def needs(self, *means: object) -> None:
        """Skip the scenario, with the reason, where the environment cannot do one of these."""
        for each in means:
            if isinstance(each, Cannot):
                pytest.skip(each.why)

    def perform(self, command: tuple[str, ...] | Cannot) -> None:
        """Run a command of the environment's, which must succeed."""
        assert not isinstance(command, Cannot), command.why
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        done = subprocess.run(command, env=self.kubectl.environment, text=True, check=False, **pipes)
        assert done.returncode == 0, f"{shlex.join(command)}: {done.stderr.strip()}"

    @contextmanager
    def hurt(self, name: str, node: str) -> Iterator[None]:
        """The fault of that name on the node, for the time of the block; afterwards the node is as it was."""
        found = fault(self.environment, name)
        assert not isinstance(found, Cannot), found.why
        there = found.on(node)
        self.perform(there.begin)
        try:
            yield
        finally:
            self.perform(there.end)
            self._wait("--for=condition=Ready", "node", node)
            self._wait("--namespace", NAMESPACE, "--for=condition=Available", "deployment", "--all")

    def _wait(self, *what: str) -> None:
        self.kubectl("wait", *what, f"--timeout={self.kubectl.seconds:g}s")

    def pods(self, selector: str) -> dict[str, str]:
        """The node of each of the suite's pods with that label, by name."""
        listed: Iterable[Any] = self.kubectl.json(
            "get", "pods", "--namespace", NAMESPACE, f"--selector={selector}"
        )["items"]
        return {each["metadata"]["name"]: each["spec"].get("nodeName", "") for each in listed}


def load_balancer(
    name: str,
    *,
    namespace: str = NAMESPACE,
    annotations: dict[str, str] | None = None,
    **spec: object,
) -> Object:
    """A Service of type LoadBalancer, for the suite's servers on port 80 where nothing else is said."""
    fields = {"type": "LoadBalancer", "selector": {"app": SERVER}, "ports": [HTTP], **spec}
    metadata = {"annotations": annotations} if annotations else None
    return objects.service(name, namespace=namespace, metadata=metadata, **fields)
