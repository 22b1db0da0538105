"""pytest fixtures: an embedded Kubernetes API in a process of its own, and kubectl against it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from testkit.api import KubeApi
from testkit.kubectl import kubectls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class _SkippingApi(KubeApi):
    """A test that wants kubectl where there is none is skipped."""

    @property
    def kubectl_binary(self) -> str:
        try:
            return super().kubectl_binary
        except LookupError as exc:
            pytest.skip(str(exc))


@pytest.fixture(scope="module")
def kube_api_factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., KubeApi]]:
    """Starts API servers, each on its own data, with extra arguments; they end with the module."""
    with ExitStack() as stack:

        def start(*arguments: str) -> KubeApi:
            return stack.enter_context(_SkippingApi(tmp_path_factory.mktemp("kube"), arguments).running())

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
