"""The balancer's own daemons: pods of a Deployment and a DaemonSet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from e2e.suite.cluster.kubectl import Kubectl

CONTROLLER: Final = "controller"
SPEAKERS: Final = "speakers"
_WORKLOADS: Final = {
    CONTROLLER: "deployment/baremetal-lb-controller",
    SPEAKERS: "daemonset/baremetal-lb-speaker",
}


@dataclass(frozen=True, slots=True)
class Daemons:
    """Those of `namespace`."""

    kubectl: Kubectl
    namespace: str

    def cannot_restart(self) -> str:
        """Why nobody here can; "" where it can be done."""
        if self.kubectl.find("--namespace", self.namespace, _WORKLOADS[CONTROLLER]):
            return ""
        return f"there is no {_WORKLOADS[CONTROLLER]} in {self.namespace}, which --balancer-namespace names"

    def restart(self, daemons: str) -> None:
        """As `kubectl rollout restart`, until the new ones are ready; AssertionError where they are not."""
        self._rollout("restart", _WORKLOADS[daemons])
        self._rollout("status", _WORKLOADS[daemons], f"--timeout={self.kubectl.patient.seconds:g}s")

    def _rollout(self, *words: str) -> None:
        self.kubectl.patient("--namespace", self.namespace, "rollout", *words)
