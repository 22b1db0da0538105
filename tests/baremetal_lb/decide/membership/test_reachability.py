"""Who listens to whom: small clusters all to all, large ones on a graph that holds together."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.decide.membership.reachability import MESH, RINGS, neighbours, reachable
from baremetal_lb.model.membership import MemberState, Record, ident


def names(count: int) -> frozenset[str]:
    return frozenset({f"node-{number}" for number in range(count)})


@pytest.mark.parametrize("count", [1, 2, 3, MESH])
def test_small_cluster_is_a_full_mesh(count: int) -> None:
    """Up to 50 nodes everybody hears everybody."""
    graph = neighbours(names(count))
    assert all(len(others) == count - 1 for others in graph.values())


@pytest.mark.parametrize("count", [MESH + 1, 300, 2000])
def test_large_cluster_has_few_neighbours_each_and_short_ways(count: int) -> None:
    """Beyond, the number of neighbours does not grow, and all are a few steps apart."""
    graph = neighbours(names(count))
    assert all(one in graph[other] for one in graph for other in graph[one])
    assert max(map(len, graph.values())) <= 2 * RINGS
    start = ident("node-0")
    seen, edge, steps = {start}, {start}, 0
    while len(seen) < count:
        edge = set().union(*(graph[each] for each in edge)) - seen
        seen |= edge
        steps += 1
    assert steps <= 6


@given(st.integers(0, 10_000))
def test_dead_nodes_are_not_reached_and_the_others_are(seed: int) -> None:
    """Where the neighbours of the dead miss them, exactly the dead are out of reach."""
    everybody = sorted(names(60))
    dead = {ident(name) for name in random.Random(seed).sample(everybody[1:], 6)}
    graph = neighbours(frozenset(everybody))
    records = {each: Record(each, 1, MemberState.ACTIVE, graph[each] & dead) for each in graph}
    assert reachable(ident(everybody[0]), graph, records) == graph.keys() - dead


def test_way_that_only_one_side_hears_is_none() -> None:
    """A node that hears but is not heard is not alive to the others, nor they to it."""
    graph = neighbours(frozenset({"a", "b"}))
    a, b = ident("a"), ident("b")
    records = {
        a: Record(a, 1, MemberState.ACTIVE, frozenset({b})),
        b: Record(b, 1, MemberState.ACTIVE),
    }
    assert reachable(a, graph, records) == {a}
    assert reachable(b, graph, records) == {b}
