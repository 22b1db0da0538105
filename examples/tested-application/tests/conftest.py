"""A namespace with the application in it, for each test, on one lab for all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mockcloud.testing import Lab

APPLICATION = Path(__file__).parents[1] / "application.yaml"


@pytest.fixture(scope="session")
def mockcloud_lab_options() -> tuple[str, ...]:
    return ("--nodes", "2", "--pod-eviction-timeout", "5")


@pytest.fixture
def shop(mockcloud_lab: Lab) -> Iterator[str]:
    """Where the application runs; its address is announced."""
    with mockcloud_lab.namespace("shop") as namespace:
        mockcloud_lab.apply(APPLICATION, namespace=namespace)
        mockcloud_lab.wait_rolled_out("deployment/shop", namespace)
        mockcloud_lab.wait_announced("shop", namespace)
        yield namespace
