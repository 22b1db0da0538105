"""pytest's plug-in: a cloud in a fixture. Installed with mockcloud, it is there without an import."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockcloud.cloud.in_process import InProcessCloud


@pytest.fixture
def mock_cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcessCloud]:
    """An empty cloud in this process; the environment points both APIs' clients to it."""
    from mockcloud.cloud.environment import IN_THE_WAY
    from mockcloud.cloud.in_process import in_process_cloud

    with in_process_cloud() as cloud:
        for name, value in cloud.environment.items():
            monkeypatch.setenv(name, value)
        for name in IN_THE_WAY:
            monkeypatch.delenv(name, raising=False)
        yield cloud
