"""A host that has every address costs a pool ten of them, then one a minute (RFC 5227 2.1.1)."""

import re

import pytest

from baremetal_lb.decide.ipam.usage.attempts import MAX_CONFLICTS, PEACE, RATE_LIMIT_INTERVAL
from baremetal_lb.model.api_names import EventReason
from tests.baremetal_lb.fakes.paper_cluster import STRANGER, Cluster

LAB = "name: lab, addresses: [10.0.0.0/24], avoid-buggy-ips: false"
STEP = 1.0  # seconds from one address to its conflict


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def tries(cluster: Cluster, seconds: float) -> int:
    """How many addresses the Service gets in that time, each of which somebody has."""
    seen, end = {cluster.has("a")}, cluster.now + seconds
    while cluster.now < end:
        cluster.in_use(cluster.has("a")).wait(STEP)
        seen.add(cluster.has("a"))
    return len(seen)


def test_after_ten_conflicts_one_address_a_minute_is_tried(cluster) -> None:
    """Ten at once, then one a minute, for an hour."""
    cluster.pools(LAB).create("a")
    assert tries(cluster, RATE_LIMIT_INTERVAL) == MAX_CONFLICTS
    assert tries(cluster, 10 * RATE_LIMIT_INTERVAL) == 11
    assert tries(cluster, 49 * RATE_LIMIT_INTERVAL) <= 50


def test_who_has_them_all_is_named_with_what_he_may_be(cluster) -> None:
    """The Event for the last address of the ten, and one Event for waiting, though it waits many times."""
    cluster.pools(LAB).create("a").events()
    tries(cluster, 3 * RATE_LIMIT_INTERVAL)
    told = [note.message for _, note in cluster.notes if note.reason is EventReason.ADDRESS_IN_USE]
    suspicion = (
        "; 02:00:00:00:00:aa claims 10 addresses or more: does it answer every ARP request (proxy ARP)?"
    )
    assert suspicion not in told[0]
    stuck = [each for each in told if "gets no other IP yet" in each]
    assert len(stuck) == 3  # once after each try
    pattern = (
        rf'"default/a" gets no other IP yet: 10.0.0.\d+: {re.escape(STRANGER + suspicion)}; 1\d addresses '
        r"turned out to be somebody else's, so the next one is tried at \d\d:\d\d:\d\dZ "
        r"\(RFC 5227: one a minute\)"
    )
    assert re.fullmatch(pattern, stuck[0]), stuck[0]
    assert "the next one is tried at" in cluster.says("a")


def test_peace_makes_the_next_conflict_the_first_one_again(cluster) -> None:
    """After five minutes on an address that nobody else has."""
    cluster.pools(LAB).create("a")
    tries(cluster, RATE_LIMIT_INTERVAL)
    cluster.in_use().wait(PEACE + RATE_LIMIT_INTERVAL)
    assert tries(cluster, RATE_LIMIT_INTERVAL) == MAX_CONFLICTS


def test_ten_strangers_with_one_address_each_are_not_suspected(cluster) -> None:
    """A pool that overlaps with DHCP: the limit holds, nobody is named for all."""
    cluster.pools(LAB).create("a").events()
    for number in range(MAX_CONFLICTS + 2):
        cluster.in_use(cluster.has("a"), mac=bytes((2, 0, 0, 0, 1, number))).wait(STEP)
    assert "the next one is tried at" in cluster.says("a")
    assert not any("claims" in note.message for _, note in cluster.notes)


def test_those_who_share_an_address_stay_together(cluster) -> None:
    """What one of them was given the others may have: that costs the pool nothing."""
    cluster.pools(LAB)
    for name, port in (("a", 80), ("b", 443)):
        cluster.create(name, ports=f"TCP/{port}", asks={"allow-shared-ip": "k"})
    for _ in range(15):
        cluster.in_use(cluster.has("a")).wait(20.0)
        assert cluster.has("a") == cluster.has("b")
