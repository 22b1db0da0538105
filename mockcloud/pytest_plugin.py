"""pytest's plug-in: a cloud in a fixture. Installed with mockcloud, it is there without an import."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockcloud.cloud.in_process import InProcessCloud


@pytest.fixture
def mock_cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcessCloud]:
    """An empty cloud in this process; HCLOUD_ENDPOINT and HCLOUD_TOKEN point to it while the test runs."""
    from mockcloud.cloud.in_process import in_process_cloud

    with in_process_cloud() as cloud:
        monkeypatch.setenv("HCLOUD_ENDPOINT", cloud.hcloud_endpoint)
        monkeypatch.setenv("HCLOUD_TOKEN", cloud.token)
        yield cloud
