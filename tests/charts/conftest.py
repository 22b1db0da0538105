"""helm, for the tests that want it; they skip where it can't be had."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from testkit.chart import CHART, helm

if TYPE_CHECKING:
    from pathlib import Path


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
