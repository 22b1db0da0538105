"""A lab as a test has it: commands, objects, and what a client outside of the cluster sees."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mockcloud.cluster_defaults import ANNOUNCED
from mockcloud.testing.command import LabFailed, kubectl_path, mockcloud, said_by

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BY_NODE: Final = re.compile(r" by (\S+) on ")
_PAUSE: Final = 0.2
CLIENT: Final = "client"
"""The host in the LAN that is outside of the cluster."""


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab that runs. Each method raises LabFailed, with what was said, where it cannot do as it says."""

    name: str
    kubeconfig: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    """For programs that are to find the lab: KUBECONFIG, MOCKCLOUD_NAME, and this process's own."""

    def kubectl(self, *words: str, stdin: str = "", seconds: float = 120.0) -> str:
        """What `kubectl WORDS` prints."""
        called = ["kubectl", *words]
        return said_by(
            [kubectl_path(), *words], self.environment, stdin=stdin, called=called, seconds=seconds
        )

    def apply(self, *what: str | Path | Mapping[str, Any], namespace: str = "default") -> None:
        """Apply files (paths), YAML or JSON (text), or objects (dicts)."""
        for each in what:
            if isinstance(each, Path):
                self.kubectl("apply", "-n", namespace, "-f", str(each))
                continue
            text = json.dumps(each) if isinstance(each, Mapping) else each
            self.kubectl("apply", "-n", namespace, "-f", "-", stdin=text)

    def get(self, resource: str, namespace: str = "default") -> dict[str, Any]:
        """The object `KIND/NAME`, or the list of a KIND, as the API has it."""
        found: dict[str, Any] = json.loads(self.kubectl("get", resource, "-n", namespace, "-o", "json"))
        return found

    def wait(self, resource: str, condition: str, namespace: str = "default", seconds: float = 60.0) -> None:
        """Until `kubectl wait --for=CONDITION` is content: `condition=Ready`, `delete`, `jsonpath=...`."""
        wanted = [f"--for={condition}", f"--timeout={seconds:g}s", resource, "-n", namespace]
        self.kubectl("wait", *wanted, seconds=seconds + 30)

    def wait_rolled_out(self, resource: str, namespace: str = "default", seconds: float = 120.0) -> None:
        """Until all pods of a Deployment, StatefulSet or DaemonSet are there and ready."""
        wanted = [resource, "-n", namespace, f"--timeout={seconds:g}s"]
        self.kubectl("rollout", "status", *wanted, seconds=seconds + 30)

    def wait_announced(self, service: str, namespace: str = "default", seconds: float = 60.0) -> str:
        """The external address of the Service, once a node announces it to the LAN."""
        self.wait(f"service/{service}", f"condition={ANNOUNCED}", namespace, seconds)
        return self.address(service, namespace)

    def announcer(self, service: str, namespace: str = "default") -> str:
        """The node that announces the Service's (first) address to the LAN now."""
        conditions = self.get(f"service/{service}", namespace).get("status", {}).get("conditions") or ()
        told: dict[str, Any] = next((each for each in conditions if each.get("type") == ANNOUNCED), {})
        found = _BY_NODE.search(str(told.get("message"))) if told.get("status") == "True" else None
        if found is None:
            msg = f"nobody announces Service {namespace}/{service}: {told.get('message', 'no word of it')}"
            raise LabFailed(msg)
        return found[1]

    def address(self, service: str, namespace: str = "default") -> str:
        """The first external address (or name) of the Service."""
        ingress = self.get(f"service/{service}", namespace).get("status", {}).get("loadBalancer", {})
        first: dict[str, Any] = next(iter(ingress.get("ingress") or ()), {})
        found = first.get("ip") or first.get("hostname")
        if not found:
            msg = f"Service {namespace}/{service} has no external address"
            raise LabFailed(msg)
        return str(found)

    def run(self, host: str, *command: str, seconds: float = 120.0) -> str:
        """What a command prints on a host (`client`, `node-1`, ...) or in a pod, NAMESPACE/POD."""
        return self._mockcloud("exec", host, "--", *command, seconds=seconds)

    def fetch(self, url: str, host: str = CLIENT, seconds: float = 30.0) -> str:
        """The body of an answer to a GET from that host; tried until there is one, or the time is over.

        A node learns of a Service by itself: for a moment after it is announced others may refuse.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.run(host, "curl", "-sS", "--fail", "--max-time", "5", url)
            except LabFailed:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE)

    def trace(self, target: str, source: str = CLIENT) -> dict[str, Any]:
        """One connection, hop by hop, as `mockcloud trace -o json` tells it; LabFailed where it is broken."""
        found: dict[str, Any] = json.loads(self._mockcloud("trace", source, target, "-o", "json"))
        return found

    def logs(self, who: str = "") -> str:
        """What all daemons wrote, or WHO of them, in order of time."""
        return self._mockcloud("logs", *([who] if who else []))

    @contextlib.contextmanager
    def broken(self, *words: str) -> Iterator[None]:
        """A fault as `mockcloud fault WORDS` puts it on: `("loss", "node-1", "20")`; off again in the end."""
        said = self._mockcloud_words("fault", words[0], "--name", self.name, *words[1:])
        number = said.split()[1].rstrip(":")
        try:
            yield
        finally:
            self._mockcloud_words("fault", "heal", "--name", self.name, number)

    def cut(self, host: str) -> contextlib.AbstractContextManager[None]:
        """The cable of a host (`node-1`) to the LAN is dead, and alive again in the end."""
        return self.broken("link", host)

    @contextlib.contextmanager
    def without_power(self, node: str) -> Iterator[None]:
        """The node's agent and pods are gone, and nothing passes its cable; it is up again in the end."""
        self._mockcloud_words("node", "stop", "--name", self.name, node)
        try:
            yield
        finally:
            self._mockcloud_words("node", "start", "--name", self.name, node)

    def add_node(self) -> str:
        """A node more has joined, and is Ready: its name."""
        return self._mockcloud_words("node", "add", "--name", self.name).split()[0]

    def remove_node(self, node: str, *, force: bool = False) -> None:
        """The node's pods have ended (`force`: were killed), and it is gone, with its Node."""
        self._mockcloud_words("node", "remove", "--name", self.name, node, *(["--force"] if force else []))

    @contextlib.contextmanager
    def namespace(self, prefix: str = "test") -> Iterator[str]:
        """A fresh namespace, deleted with all that is in it in the end."""
        name = f"{prefix}-{uuid.uuid4().hex[:8]}"
        self.kubectl("create", "namespace", name)
        try:
            yield name
        finally:
            self.kubectl("delete", "namespace", name, "--wait=false")

    def _mockcloud(self, verb: str, *words: str, seconds: float = 120.0) -> str:
        return self._mockcloud_words(verb, "--name", self.name, *words, seconds=seconds)

    def _mockcloud_words(self, *words: str, seconds: float = 120.0) -> str:
        return mockcloud(self.environment, *words, seconds=seconds)


@contextlib.contextmanager
def lab(
    name: str = "", options: Sequence[str] = (), *, state: Path | None = None, keep: bool = False
) -> Iterator[Lab]:
    """A lab from `mockcloud up` to `mockcloud down`; LabFailed where it does not start.

    `options` are those of `mockcloud up`. `state` is a folder for what it keeps, instead of the user's own;
    with `keep` it stays.
    """
    name = name or f"test-{os.getpid()}-{uuid.uuid4().hex[:4]}"
    environment = {**os.environ, "MOCKCLOUD_NAME": name}
    if state is not None:
        environment["XDG_STATE_HOME"] = str(state)
    ending = () if keep else ("--pid", str(os.getpid()))
    kubeconfig = Path(mockcloud(environment, "up", "--name", name, *ending, *options).strip())
    with tempfile.TemporaryDirectory(prefix="kubectl-") as cache:
        environment |= {"KUBECONFIG": str(kubeconfig), "KUBECACHEDIR": cache}
        try:
            yield Lab(name, kubeconfig, environment)
        finally:
            if not keep:
                mockcloud(environment, "down", "--name", name)
