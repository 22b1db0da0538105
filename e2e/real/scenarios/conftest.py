"""The cluster, a release installed as the chart's README says, a Service; the figures at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from e2e.real.scenarios.cluster import Cluster
from e2e.real.scenarios.release import Release, backend, balancer

if TYPE_CHECKING:
    from collections.abc import Iterator

FIGURES: Final = pytest.StashKey[list[str]]()


def pytest_configure(config):
    config.stash[FIGURES] = []


def pytest_terminal_summary(terminalreporter, config):
    """What was measured, for docs/performance.md."""
    terminalreporter.section("measured")
    for line in config.stash[FIGURES]:
        terminalreporter.write_line(line)


@pytest.fixture
def figure(pytestconfig):
    """Keeps a line for the end."""

    def keep(what: str, value: object) -> None:
        pytestconfig.stash[FIGURES].append(f"{what}: {value}")

    return keep


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture(scope="module")
def release(cluster) -> Iterator[Release]:
    """Installed, and gone afterwards."""
    found = Release(cluster)
    found.install("--set-json", f"addressPools={found.pools('192.168.10.200-192.168.10.219')}")
    yield found
    if found.installed:
        found.uninstall()


@pytest.fixture(scope="module")
def services(cluster, release) -> Iterator[list[str]]:
    """The names of Services, all of one pod on node-3."""
    names = [f"web-{number}" for number in range(1, 7)]
    cluster.apply(backend("web", "node-3"), *(balancer(name, "web") for name in names))
    cluster.kubectl("rollout", "status", "deployment/web", "--timeout=90s")
    yield names
    cluster.kubectl("delete", "deployments,services", "--selector", "baremetal-lb.io/scenario=real")


@pytest.fixture
def service(cluster, services) -> str:
    """One of them that is announced from another node than its pod's now: addresses move."""
    return next(name for name in services if cluster.owner(cluster.announced(name)[0]) != "node-3")
