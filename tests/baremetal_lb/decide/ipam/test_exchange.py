"""Pools that change places: every address changes hands, and none is in two statuses meanwhile."""

import pytest

from tests.baremetal_lb.fakes import promises
from tests.baremetal_lb.fakes.paper_cluster import Cluster


def pinned(name: str, addresses: str, namespace: str) -> str:
    return f"name: {name}, addresses: [{addresses}], service-allocation: {{namespaces: [{namespace}]}}"


@pytest.mark.parametrize("seed", range(10))
def test_pools_that_change_places_show_no_address_twice(seed):
    """In whatever order the statuses are written."""
    cluster = Cluster(watcher=promises.nobody_gains_what_another_is_to_lose)
    cluster.chance.seed(seed)
    low, high = "10.0.0.1-10.0.0.2", "10.0.1.1-10.0.1.2"
    cluster.pools(pinned("p", low, "x"), pinned("q", high, "y"))
    for name in ("x/a", "y/a", "x/b", "y/b"):
        cluster.create(name)
    cluster.pools(pinned("p", high, "x"), pinned("q", low, "y"))
    assert sorted(cluster.has(name) for name in ("x/a", "x/b")) == ["10.0.1.1", "10.0.1.2"]
    assert sorted(cluster.has(name) for name in ("y/a", "y/b")) == ["10.0.0.1", "10.0.0.2"]
