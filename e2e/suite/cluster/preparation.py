"""What a run changes in a cluster, and takes back: its own namespaces, and the balancer's configuration."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final

from baremetal_lb.model.api_names import VERDICT
from e2e.suite.cluster import pools
from e2e.suite.cluster.services import addresses, every
from e2e.suite.programs import server
from testkit import objects

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from e2e.suite.cluster.kubectl import Kubectl, Object

NAMESPACE: Final = "baremetal-lb-e2e"
GUEST: Final = "baremetal-lb-e2e-guest"
SERVER: Final = "server"
PINNED: Final = "pinned"
PORT: Final = 8080  # no root is needed to listen there
REPLICAS: Final = 3
_SAVED: Final = "saved-configuration"


class Occupied(Exception):
    """A run is under way, or one was killed: the message says what to look at, and what to type."""


@dataclass(frozen=True, slots=True)
class ConfigMap:
    """Where the balancer's configuration is."""

    kubectl: Kubectl
    namespace: str
    name: str

    @property
    def _where(self) -> tuple[str, ...]:
        return ("--namespace", self.namespace, "configmap", self.name)

    def read(self) -> str | None:
        """The text in force; None where there is no ConfigMap."""
        found = self.kubectl.find(*self._where)
        return None if found is None else found.get("data", {}).get("config", "")

    def write(self, text: str | None) -> None:
        """Replace the text; None deletes the ConfigMap."""
        if text is None:
            self.kubectl("delete", *self._where, "--ignore-not-found")
        elif self.read() is None:
            metadata = {"namespace": self.namespace}
            self.kubectl.create(objects.config_map(self.name, metadata=metadata, config=text))
        else:
            self.kubectl.patch(*self._where, data={"config": text})

    def until_verdict(self, wanted: str) -> str:
        """Wait until the controller's verdict begins so: the verdict."""
        seen = ""

        def lacking(found: Object) -> str:
            nonlocal seen
            seen = found["metadata"].get("annotations", {}).get(VERDICT, "none")
            return "" if seen.startswith(wanted) else f"the controller's verdict is {seen}, not {wanted}"

        where = ("--namespace", self.namespace, "configmap", f"--field-selector=metadata.name={self.name}")
        self.kubectl.until(every(lacking, self.name), *where)
        return seen


@contextmanager
def namespaces(kubectl: Kubectl, configuration: str | None) -> Iterator[None]:
    """The suite's own, which go at the end with all that is in them. Occupied where they are there.

    The configuration is kept in one of them, for whoever has to take back what a killed run changed.
    """
    for name in (NAMESPACE, GUEST):
        if kubectl.find("namespace", name):
            raise Occupied(_what_to_do(name))
    kubectl.create(objects.namespace(NAMESPACE), objects.namespace(GUEST))
    try:
        if configuration is not None:
            metadata = {"namespace": NAMESPACE}
            kubectl.create(objects.config_map(_SAVED, metadata=metadata, config=configuration))
        yield
    finally:
        # Pods end before their namespace does.
        kubectl.patient("delete", "namespace", NAMESPACE, GUEST, "--ignore-not-found")


def _what_to_do(name: str) -> str:
    saved = f"kubectl --namespace {NAMESPACE} get configmap {_SAVED} --output=jsonpath='{{.data.config}}'"
    return (
        f"namespace {name} is there already: another run is under way, or one was killed. Then put the "
        f"pools back that `{saved}` shows, and type: kubectl delete namespace {NAMESPACE} {GUEST}"
    )


@contextmanager
def configured(config_map: ConfigMap, text: str | None, ground: pools.Ground) -> Iterator[None]:
    """The suite's pools are in force in the block; afterwards the ConfigMap is as it was."""
    config_map.write(ground.config)
    try:
        config_map.until_verdict(f"accepted: {ground.pools} pools")
        yield
    finally:
        config_map.write(text)


def ground(kubectl: Kubectl, text: str | None, pool: str) -> pools.Ground:
    """The addresses for the suite: those of the option, or free ones of the cluster's own pools. NoGround."""
    if pool:
        return pools.given(text or "", pool, (NAMESPACE, GUEST))
    services = kubectl.json("get", "services", "--all-namespaces")["items"]
    in_use = {ip_address(each) for service in services for each in addresses(service)}
    return pools.taken(text or "", in_use, (NAMESPACE, GUEST))


def servers(image: str, nodes: Collection[str]) -> list[Object]:
    """What answers: some pods anywhere, and one on each of these nodes that stays there."""
    anywhere = objects.deployment(
        SERVER, namespace=NAMESPACE, replicas=REPLICAS, **_pods(image, {"app": SERVER})
    )
    pinned = (
        objects.deployment(
            f"{PINNED}-{node}",
            namespace=NAMESPACE,
            **_pods(image, {"app": PINNED, "node": node}, nodeName=node),
        )
        for node in nodes
    )
    return [anywhere, *pinned]


def _pods(image: str, labels: dict[str, str], **spec: object) -> dict[str, object]:
    fields = {"POD": "metadata.name", "NODE": "spec.nodeName"}
    container = objects.container(
        "server",
        image=image,
        imagePullPolicy="IfNotPresent",
        command=["python3", "-c", Path(server.__file__).read_text(), str(PORT)],
        env=[{"name": each, "valueFrom": {"fieldRef": {"fieldPath": path}}} for each, path in fields.items()],
        ports=[{"name": each.lower(), "containerPort": PORT, "protocol": each} for each in ("TCP", "UDP")],
        # Once it was ready it stays so: what is looked at is the way to it, not a probe on a busy machine.
        readinessProbe={"tcpSocket": {"port": PORT}, "periodSeconds": 1, "failureThreshold": 600},
    )
    return {
        "labels": labels,
        "containers": [container],
        "pod_spec": {"terminationGracePeriodSeconds": 5, **spec},
    }
