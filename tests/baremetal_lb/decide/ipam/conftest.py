"""A cluster on paper for each test."""

import pytest

from tests.baremetal_lb.fakes.paper_cluster import Cluster


@pytest.fixture
def cluster() -> Cluster:
    """An empty cluster without pools."""
    return Cluster()
