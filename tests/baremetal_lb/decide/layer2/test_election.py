"""Who announces: a table for who may, properties for who does."""

from collections import Counter
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baremetal_lb.decide.layer2.election import Election, elect, may_announce, rank
from baremetal_lb.model.announcements import NodeOut
from baremetal_lb.model.nodes import NOWHERE
from baremetal_lb.model.services import TrafficPolicy

VIP = IPv4Address("192.0.2.200")
NAMES = st.sets(st.text("abcdefgh-0123456789", min_size=1, max_size=12), min_size=1, max_size=12)
ADDRESSES = st.ip_addresses()


@pytest.mark.parametrize(
    ("policy", "serving", "candidates"),
    [
        pytest.param(TrafficPolicy.CLUSTER, {"b"}, {"a", "b"}, id="cluster-any-fit-node"),
        pytest.param(TrafficPolicy.CLUSTER, {"x"}, {"a", "b"}, id="cluster-endpoint-on-unfit-node"),
        pytest.param(TrafficPolicy.CLUSTER, {NOWHERE}, {"a", "b"}, id="cluster-endpoint-off-the-cluster"),
        pytest.param(TrafficPolicy.CLUSTER, set(), set(), id="cluster-no-endpoint"),
        pytest.param(TrafficPolicy.LOCAL, {"b", "x"}, {"b"}, id="local-fit-with-endpoint"),
        pytest.param(TrafficPolicy.LOCAL, {NOWHERE}, set(), id="local-endpoint-off-the-cluster"),
    ],
)
def test_policy_says_from_where_traffic_reaches_an_endpoint(
    policy: TrafficPolicy, serving: set[str], candidates: set[str]
) -> None:
    """Cluster: every fit node while anything serves. Local: fit nodes with an endpoint of their own."""
    assert may_announce(policy, frozenset(serving), ["a", "b"]) == candidates


def test_election_names_the_reason_of_each_node_that_may_not() -> None:
    """Beside the winner stands why every other non-candidate is out."""
    standing = {"a": None, "b": NodeOut.NOT_READY, "c": None}
    assert elect(standing, frozenset({"a"}), VIP) == Election(
        "a", {"b": NodeOut.NOT_READY, "c": NodeOut.NO_LOCAL_ENDPOINT}, ("a",)
    )
    assert elect(standing, frozenset(), VIP).owner is None


def test_rank_is_metallbs_order() -> None:
    """sha256 of `node#address`, ascending: pinned, since nodes of two versions must agree in an upgrade."""
    assert rank(["node-1", "node-2", "node-3"], VIP) == ["node-2", "node-3", "node-1"]


@given(NAMES, ADDRESSES)
def test_order_of_the_nodes_does_not_matter(names, address) -> None:
    """Every speaker gives the same answer, however its view is ordered."""
    assert rank(sorted(names), address) == rank(sorted(names, reverse=True), address)


@given(NAMES, ADDRESSES, st.data())
def test_node_that_goes_moves_only_its_own_addresses(names, address, data) -> None:
    """Without a node the others keep their order, so an address moves only if that node had it."""
    gone = data.draw(st.sampled_from(sorted(names)))
    before = rank(names, address)
    assert rank(names - {gone}, address) == [name for name in before if name != gone]


def test_a_thousand_addresses_spread_evenly_and_a_fourth_node_takes_its_share_only() -> None:
    """Of 1,000 addresses no node of three has more than 1.2 shares; a new node takes about a quarter."""
    nodes = ["node-1", "node-2", "node-3"]
    addresses = [IPv4Address("10.0.0.0") + number for number in range(1000)]
    before = [rank(nodes, address)[0] for address in addresses]
    assert max(Counter(before).values()) <= 1.2 * len(addresses) / len(nodes)
    after = [rank([*nodes, "node-4"], address)[0] for address in addresses]
    moved = [new for old, new in zip(before, after, strict=True) if old != new]
    assert set(moved) == {"node-4"}
    assert 0.8 * 250 <= len(moved) <= 1.2 * 250
