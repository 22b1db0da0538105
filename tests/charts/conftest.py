"""helm, for the tests that want it; they skip where it can't be had."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from testkit.chart import CHART, helm

if TYPE_CHECKING:
    from pathlib import Path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where helm has to be built first, the test that does it may take as long as that does."""
    if helm.find() is None:
        for item in items:
            if "helm_binary" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.timeout(helm.BUILD_SECONDS + 300))


@pytest.fixture(scope="session")
def helm_binary() -> Path:
    """The machine's helm, or one that is built by its Go, once."""
    try:
        return helm.find_or_build()
    except helm.HelmError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def render(helm_binary):
    """`helm template` with these arguments, as text; HelmError with Helm's words where it refuses."""

    def run(*arguments: str) -> str:
        return helm.template(helm_binary, CHART, *arguments)

    return run
