"""The scenarios' hands: kubectl and helm, what they say, and clients outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from e2e.real import hosts, lifecycle
from testkit import gaps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLACE: Final = "E2E_REAL"  # the variable with the cluster's folder
CHART: Final = Path(__file__).parents[3] / "charts" / "baremetal-lb"
PATIENCE: Final = 120.0
ANNOUNCED: Final = "baremetal-lb.io/Announced"


class NotSo(AssertionError):
    """Something did not come about in time, or a command failed; the text says what was last seen."""


@dataclass(slots=True)
class Calls:
    """What a client saw: filled when its time is over."""

    tried: int = 0
    lost: int = 0
    longest: float = 0.0  # seconds without a connection

    def __str__(self) -> str:
        return f"longest time without a connection {self.longest:.3f} s, {self.lost} of {self.tried} lost"


class Cluster:
    """The cluster whose control host these scenarios run on."""

    def __init__(self) -> None:
        self.place = Path(os.environ[PLACE])

    def run(self, *command: str, given: str | None = None) -> str:
        """What a command prints; NotSo with its words where it fails."""
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=300)
        if done.returncode:
            message = f"{' '.join(command)}: {done.returncode}: {done.stderr.strip()}"
            raise NotSo(message)
        return done.stdout

    def kubectl(self, *words: str, given: str | None = None) -> str:
        return self.run("kubectl", *words, given=given)

    def helm(self, *words: str) -> str:
        return self.run("helm", *words)

    def apply(self, *objects: dict[str, Any]) -> None:
        """Create or change these."""
        self.kubectl(
            "apply", "-f", "-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        )

    def get(self, *words: str) -> Any:
        """Of kubectl, as JSON."""
        return json.loads(self.kubectl("get", *words, "-o", "json"))

    def until(self, what: str, found: Callable[[], Any]) -> Any:
        """The first true value; NotSo where none comes in time."""
        deadline = time.monotonic() + PATIENCE
        while not (value := found()):
            if time.monotonic() > deadline:
                message = f"{what}: not within {PATIENCE:g} s"
                raise NotSo(message)
            time.sleep(0.2)
        return value

    def addresses(self, service: str, namespace: str = "default") -> list[str]:
        """External ones that the Service has."""
        status = self.get("service", service, "-n", namespace)["status"]
        return [each["ip"] for each in status.get("loadBalancer", {}).get("ingress", ())]

    def announced(self, service: str, namespace: str = "default") -> list[str]:
        """The Service's addresses, once a speaker says that it announces them."""
        self.kubectl(
            *(
                "wait",
                f"service/{service}",
                "-n",
                namespace,
                f"--for=condition={ANNOUNCED}",
                f"--timeout={PATIENCE:g}s",
            )
        )
        return self.addresses(service, namespace)

    def on(self, host: str, *command: str) -> str:
        """What the command prints on that host."""
        return self.run(*self._enter(host), *command)

    def owner(self, address: str) -> str:
        """The node that has the address by what the client's ARP cache says, with which it is answered."""
        macs = {self._mac(node): node for node in self.nodes()}
        self.fetch(address)
        entry = json.loads(self.on(hosts.CLIENT, "ip", "-j", "neigh", "show", address))
        return macs[entry[0]["lladdr"]]

    def _mac(self, node: str) -> str:
        return str(json.loads(self.on(node, "ip", "-j", "link", "show", "eth0"))[0]["address"])

    def nodes(self) -> list[str]:
        return [each["metadata"]["name"] for each in self.get("nodes")["items"]]

    def fetch(self, address: str, port: int = 80) -> dict[str, Any]:
        """What answers the client there, once something does."""
        host = f"[{address}]" if ":" in address else address
        retry = ["--retry", "60", "--retry-delay", "1", "--retry-all-errors", "--max-time", "3"]
        accept = ["-H", "Accept: application/json"]
        said = self.on(hosts.CLIENT, "curl", "-gsS", *retry, *accept, f"http://{host}:{port}/")
        answer: dict[str, Any] = json.loads(said)
        return answer

    def hurt(self, deed: str, node: str) -> None:
        """`kill`, `cut` and so on: see `python -m e2e.real --help`."""
        lifecycle.ask(self.place, deed, node)

    @contextmanager
    def calling(self, address: str, port: int = 80) -> Iterator[Calls]:
        """Meanwhile a client connects every 10 ms; afterwards the value says what it saw."""
        seen = Calls()
        command = [*self._enter(hosts.CLIENT), sys.executable, gaps.__file__, address, str(port)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
            try:
                assert client.stdin is not None
                assert client.stdout is not None
                client.stdout.readline()
                yield seen
                client.stdin.close()
                for name, value in json.loads(client.stdout.readline()).items():
                    setattr(seen, name, value)
            finally:
                client.kill()

    def _enter(self, host: str) -> list[str]:
        return ["nsenter", f"--net={lifecycle.netns(self.place, host)}", "--"]
