"""How long a client is without service when the owner's link is cut, its speaker is killed or told to stop.

A real lab; the client opens a connection every 10 ms. The pod is on a node that is never touched, so that
what is seen is the address that moves, not kube-proxy's rules for pods that died.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME: Final = "bench-failover"
ROUNDS: Final = 3
SERVICES: Final = 6  # enough for one of them to be announced by a node without the pod
PATIENCE: Final = 60.0
CALM: Final = 12.0  # seconds: longer than the return delay, so that each round begins alike
NODES: Final = ("node-1", "node-2", "node-3")
SYSTEM: Final = ("--namespace", "baremetal-lb-system")
_MOCKCLOUD: Final = (sys.executable, "-m", "mockcloud")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the client saw in one round."""

    gap: float  # seconds
    lost: int
    tried: int


class BenchLab:
    """A lab of three nodes with one pod on node-3, and Services for it."""

    def __init__(self, home: str) -> None:
        self.environment = {**os.environ, "XDG_STATE_HOME": home}
        self._kubectl = shutil.which("kubectl") or str(Path(sys.executable).parent / "kubectl")
        self._macs: dict[str, str] = {}

    def __enter__(self) -> BenchLab:
        try:
            self._set_up()
        except BaseException:
            self.mockcloud("down", "--name", NAME)
            raise
        return self

    def _set_up(self) -> None:
        self.mockcloud("up", "--name", NAME)
        kubeconfig = self.mockcloud("kubeconfig", "--name", NAME).strip()
        self.environment["KUBECONFIG"] = kubeconfig
        self._until(lambda: "default" in self.kubectl("get", "serviceaccounts"))
        self.kubectl("create", "-f", "-", given="\n".join(map(json.dumps, _objects())))
        self._until(lambda: len(self.addresses()) == SERVICES)
        self._until(lambda: "Running" in self.kubectl("get", "pod", "web"))
        for node in NODES:
            text = self.exec(node, "ip", "link", "show", "eth0")
            self._macs[re.search(r"link/ether (\S+)", text)[1]] = node  # type: ignore[index]

    def __exit__(self, *_: object) -> None:
        self.mockcloud("down", "--name", NAME)

    def mockcloud(self, *arguments: str) -> str:
        """Run a command of the lab; its output."""
        return self._run(*_MOCKCLOUD, *arguments)

    def exec(self, host: str, *command: str) -> str:
        """Run a command on a host of the lab; its output."""
        return self.mockcloud("exec", "--name", NAME, host, "--", *command)

    def kubectl(self, *arguments: str, given: str | None = None) -> str:
        """Run kubectl against the lab; its output."""
        return self._run(self._kubectl, *arguments, given=given)

    def addresses(self) -> list[str]:
        """The external addresses of the Services."""
        path = "jsonpath={.items[*].status.loadBalancer.ingress[0].ip}"
        return self.kubectl("get", "services", "-o", path).split()

    def command_on(self, host: str, *command: str) -> list[str]:
        """The command that runs a command on a host of the lab."""
        return [*_MOCKCLOUD, "exec", "--name", NAME, host, "--", *command]

    def until_announced(self, address: str) -> None:
        """Wait until the client is answered for an address by somebody."""
        ask = self.command_on("client", sys.executable, "-m", "testkit.probe", "arp", address)
        self._until(lambda: address in self._run(*ask))

    def target(self) -> tuple[str, str]:
        """An address, and the node that announces it, which is not the pod's."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for address in self.addresses():
                owner = self.owner(address)
                if owner not in (None, "node-3"):
                    return address, str(owner)
        message = "every address is announced by the node of the pod"
        raise RuntimeError(message)

    def owner(self, address: str) -> str | None:
        """Who the client says has the address, once it has asked."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self.exec("client", "ip", "neigh", "flush", "to", address)
        probe = f"import socket; socket.create_connection(({address!r}, 80), 1).close()"
        with contextlib.suppress(subprocess.CalledProcessError):
            self.exec("client", sys.executable, "-c", probe)
        found = re.search(r"lladdr (\S+)", self.exec("client", "ip", "neigh", "show", "to", address))
        return self._macs.get(found[1]) if found else None

    def api(self) -> int:
        """The API's process."""
        (pid,) = (each["pid"] for each in self._status()["daemons"] if each["name"] == "kube")
        return int(pid)

    def speaker(self, node: str) -> int:
        """The process of the node's speaker."""
        (pid,) = self._pods("speaker", node)
        return pid

    def controllers(self) -> list[int]:
        """The processes of all controllers."""
        return [pid for node in NODES for pid in self._pods("controller", node)]

    def _pods(self, component: str, node: str) -> list[int]:
        pods = [each for each in self._status()["pods"] if each["host"] == node and each["pid"]]
        return [each["pid"] for each in pods if each["name"].startswith(f"baremetal-lb-{component}-")]

    def _status(self) -> dict[str, Any]:
        # Its exit code tells whether all runs; what is asked for is there all the same.
        command = [*_MOCKCLOUD, "status", "--name", NAME, "-o", "json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=self.environment)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def renew(self) -> None:
        """New pods for those of the balancer that were hurt: these would wait longer with each restart."""
        listed = json.loads(self.kubectl(*SYSTEM, "get", "pods", "-o", "json"))["items"]
        states = {pod["metadata"]["name"]: pod["status"].get("containerStatuses", []) for pod in listed}
        hurt = [name for name, found in states.items() if any(each["restartCount"] for each in found)]
        if hurt:
            self.kubectl(*SYSTEM, "delete", "pod", *hurt)
        for each in ("daemonset/baremetal-lb-speaker", "deployment/baremetal-lb-controller"):
            self.kubectl(*SYSTEM, "rollout", "status", each, f"--timeout={PATIENCE:g}s")

    def watch(self, address: str, seconds: float, act: Callable[[], object]) -> Seen:
        """What a client saw of the address while `act` was done after a second."""
        command = self.command_on("client", sys.executable, "-m", "testkit.gaps", address, "80")
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self.environment
        ) as client:
            assert client.stdout
            client.stdout.readline()
            end = time.monotonic() + seconds
            time.sleep(1)
            act()
            time.sleep(max(end - time.monotonic(), 0))
            seen = json.loads(client.communicate()[0])
        return Seen(seen["longest"], seen["lost"], seen["tried"])

    def calm(self) -> None:
        """Wait until all is as at the beginning."""
        self.renew()
        time.sleep(CALM)

    def _run(self, *command: str, given: str | None = None) -> str:
        return subprocess.run(
            command,
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            text=True,
            check=True,
            env=self.environment,
        ).stdout

    def _until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > deadline:
                message = "the lab did not become what it should"
                raise RuntimeError(message)
            time.sleep(0.1)


def run() -> Iterator[Figure]:
    """The worst of some rounds each."""
    with tempfile.TemporaryDirectory() as home, BenchLab(home) as lab:
        killed = [_signal(lab, signal.SIGKILL) for _ in range(ROUNDS)]
        yield _gap("speaker killed (-9): longest gap", killed, "0.5 s")
        stopped = [_signal(lab, signal.SIGTERM) for _ in range(ROUNDS)]
        yield _gap("speaker told to stop (SIGTERM): longest gap", stopped, "")
        lost, tried = sum(each.lost for each in stopped), sum(each.tried for each in stopped)
        yield Figure(f"SIGTERM: connections lost of {tried:,}", lost, "", "0")
        cut = [_cut(lab) for _ in range(ROUNDS)]
        yield _gap("owner's link cut: longest gap", cut, "0.5 s")


def _gap(name: str, rounds: list[Seen], asked: str) -> Figure:
    return Figure(name, max(each.gap for each in rounds), "s", asked)


def _cut(lab: BenchLab) -> Seen:
    address, owner = lab.target()
    routes = lab.exec(owner, "ip", "route", "show", "proto", "static")
    routes += lab.exec(owner, "ip", "route", "show", "proto", "boot")
    seen = lab.watch(address, 4, lambda: lab.exec(owner, "ip", "link", "set", "eth0", "down"))
    lab.exec(owner, "ip", "link", "set", "eth0", "up")
    for route in routes.splitlines():  # the kernel dropped them with the link
        lab.exec(owner, "ip", "route", "replace", *route.split())
    lab.calm()
    return seen


def _signal(lab: BenchLab, number: signal.Signals) -> Seen:
    address, owner = lab.target()
    pid = lab.speaker(owner)
    seen = lab.watch(address, 4, lambda: os.kill(pid, number))
    lab.calm()
    return seen


def _objects() -> list[dict[str, object]]:
    labels = {"app": "web"}
    pod: dict[str, object] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "labels": labels},
        "spec": {
            "nodeName": "node-3",
            "containers": [{"name": "web", "image": "traefik/whoami", "ports": [{"containerPort": 80}]}],
        },
    }
    services: list[dict[str, object]] = [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": f"web-{number}"},
            "spec": {"type": "LoadBalancer", "selector": labels, "ports": [{"port": 80}]},
        }
        for number in range(SERVICES)
    ]
    return [pod, *services]
