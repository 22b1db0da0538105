"""The balancer's own daemons: pods of a Deployment and a DaemonSet, or processes of the environment's."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from e2e.suite.environments.environment import Cannot, Environment

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
    """Where they are: in `namespace`, if they are pods."""

    kubectl: Kubectl
    environment: Environment
    namespace: str

    @property
    def are_pods(self) -> bool:
        return bool(self._found(CONTROLLER))

    def cannot_restart(self) -> str:
        """Why nobody here can; "" where it can be done."""
        restart = self.environment.restart
        return restart.why if isinstance(restart, Cannot) and not self.are_pods else ""

    def restart(self, daemons: str) -> None:
        """As `kubectl rollout restart`, until the new ones are ready; AssertionError where they are not."""
        if self.are_pods:
            self._rollout("restart", _WORKLOADS[daemons])
            self._rollout("status", _WORKLOADS[daemons], f"--timeout={self.kubectl.patient.seconds:g}s")
            return
        restart = self.environment.restart
        assert not isinstance(restart, Cannot), restart.why
        done = subprocess.run(restart.of(daemons), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def _found(self, daemons: str) -> object:
        return self.kubectl.find("--namespace", self.namespace, _WORKLOADS[daemons])

    def _rollout(self, *words: str) -> None:
        self.kubectl.patient("--namespace", self.namespace, "rollout", *words)
