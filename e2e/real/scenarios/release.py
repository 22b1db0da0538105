"""A release of the chart, and Services for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from e2e.real import images
from e2e.real.scenarios.cluster import CHART

if TYPE_CHECKING:
    from e2e.real.scenarios.cluster import Cluster

SCENARIO: Final = {"baremetal-lb.io/scenario": "real"}


class Release:
    """One of a name, in a namespace of its own."""

    def __init__(
        self, cluster: Cluster, name: str = "baremetal-lb", namespace: str = "baremetal-lb-system"
    ) -> None:
        """Not installed."""
        self.cluster, self.name, self.namespace = cluster, name, namespace
        self.installed = False

    @staticmethod
    def pools(*addresses: str, name: str = "lan") -> str:
        """The value `addressPools` with one pool, as JSON."""
        return json.dumps([{"name": name, "protocol": "layer2", "addresses": addresses}])

    def install(self, *options: str) -> None:
        """As README.md says; ready when it returns."""
        self._helm("install", self.name, str(CHART), "--create-namespace", "--wait", *options)
        self.installed = True
        self._await_rollout()

    def upgrade(self, *options: str) -> None:
        """With other values."""
        self._helm("upgrade", self.name, str(CHART), "--reset-then-reuse-values", "--wait", *options)
        self._await_rollout()

    def rollback(self) -> None:
        """To the release before."""
        self._helm("rollback", self.name, "--wait")
        self._await_rollout()

    def uninstall(self) -> None:
        """Its namespace stays, as after `helm uninstall`."""
        self._helm("uninstall", self.name, "--wait")
        self.installed = False

    def _helm(self, verb: str, *words: str) -> None:
        self.cluster.helm(verb, *words, "--namespace", self.namespace)

    def _await_rollout(self) -> None:
        """Helm does not wait for a DaemonSet's pods to be available for minReadySeconds."""
        selector = f"app.kubernetes.io/instance={self.name}"
        for kind in ("deployment", "daemonset"):
            for each in self.cluster.get(kind, "-n", self.namespace, "-l", selector)["items"]:
                name = f"{kind}/{each['metadata']['name']}"
                self.cluster.kubectl("rollout", "status", name, "-n", self.namespace, "--timeout=240s")


def backend(name: str, node: str) -> dict[str, Any]:
    """One pod, on that node, that says who it is."""
    labels = {"app": name}
    variable = {"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    # Once it was ready it stays so: what is looked at is the way to it, not a probe on a busy machine.
    probe = {"httpGet": {"port": 80}, "periodSeconds": 1, "failureThreshold": 600}
    container = {
        "name": "whoami",
        "image": images.WHOAMI,
        "env": [variable],
        "readinessProbe": probe,
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default", "labels": SCENARIO},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"nodeSelector": {"kubernetes.io/hostname": node}, "containers": [container]},
            },
        },
    }


def balancer(name: str, pods: str, **spec: object) -> dict[str, Any]:
    """A Service of type LoadBalancer for those pods."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default", "labels": SCENARIO},
        "spec": {"type": "LoadBalancer", "selector": {"app": pods}, "ports": [{"port": 80}], **spec},
    }
