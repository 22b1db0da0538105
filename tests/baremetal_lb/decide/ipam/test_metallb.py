"""MetalLB beside us on the same Services."""

from ipaddress import ip_address

import pytest

from baremetal_lb.decide.ipam.metallb import is_metallbs
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.model.api_names import METALLB_ALLOCATED
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.services import Condition, ServiceStatus, ServiceView
from tests.baremetal_lb.fakes.paper_cluster import Cluster

POOLS = parse_config("address-pools: [{name: lab, protocol: layer2, addresses: [10.0.0.1-10.0.0.2]}]")
THEIRS = {METALLB_ALLOCATED: "theirs"}


def shown(*addresses: str, **fields) -> ServiceStatus:
    return ServiceStatus(tuple(map(ip_address, addresses)), **fields)


@pytest.mark.parametrize(
    ("annotations", "status", "expected"),
    [
        pytest.param({METALLB_ALLOCATED: "p"}, shown("172.16.0.1"), True, id="given"),
        pytest.param({}, shown("172.16.0.1"), False, id="without-its-annotation"),
        pytest.param({METALLB_ALLOCATED: "p"}, shown(), False, id="no-address"),
        pytest.param({METALLB_ALLOCATED: "p"}, shown("10.0.0.1"), False, id="of-our-pool-too"),
        pytest.param(
            {METALLB_ALLOCATED: "p"},
            shown(
                "172.16.0.1",
                condition=Condition(True, "OutsidePools", "172.16.0.1: in no pool any more, kept"),
            ),
            False,
            id="ours-by-our-word",
        ),
        pytest.param(
            {METALLB_ALLOCATED: "p"},
            shown("172.16.0.1", condition=Condition(True, "Allocated", '10.0.0.1 from pool "lab"')),
            True,
            id="written-over-ours",
        ),
    ],
)
def test_what_metallb_gave_is_told_by_its_annotation_and_our_pools(annotations, status, expected):
    """The annotation stays when MetalLB goes: on what a pool of ours has it means nothing."""
    view = ServiceView(ObjectKey("x", "a"), "u", "1", "", True, annotations=annotations, status=status)
    assert is_metallbs(view, POOLS) is expected


LAB = "name: lab, addresses: [10.0.0.1-10.0.0.2]"


def test_what_metallb_has_given_is_left_alone_and_said_once(cluster: Cluster):
    """Condition and Event say how to end that; the status is not written but for the condition."""
    cluster.create("a", status=shown("172.16.0.1"), asks=THEIRS).pools(LAB)
    assert cluster.has("a") == "172.16.0.1"
    assert cluster.says("a").startswith(
        'ServedByMetalLB: MetalLB has given it 172.16.0.1 from its pool "theirs"'
    )
    assert cluster.events("a") == ["ServedByMetalLB"]
    assert not cluster.services["default", "a"].status.condition.status
    cluster.create("b").create("c")
    assert (cluster.has("b"), cluster.has("c")) == ("10.0.0.1", "10.0.0.2")
    assert cluster.events("a") == []


def test_what_metallb_writes_over_ours_is_conceded_and_our_address_is_free_again(cluster: Cluster):
    """One write each, and no more: two that insist would write for ever."""
    cluster.pools(LAB).create("a")
    assert cluster.has("a") == "10.0.0.1"
    cluster.change("a", status=shown("172.16.0.1", pool="lab"), annotations=THEIRS)
    assert cluster.has("a") == "172.16.0.1"
    assert "ServedByMetalLB" in cluster.says("a")
    assert cluster.services["default", "a"].status.announced is None
    cluster.create("b")
    assert cluster.has("b") == "10.0.0.1"


def test_it_is_served_like_any_other_when_metallb_has_gone_or_its_pool_is_ours(cluster: Cluster):
    """By taking the annotation away, or by adding the pool."""
    cluster.create("a", status=shown("172.16.0.1"), asks=THEIRS)
    cluster.create("b", status=shown("172.17.0.1"), asks=THEIRS).pools(LAB)
    cluster.change("a", annotations={})
    assert cluster.has("a") == "10.0.0.1"
    cluster.pools(LAB, "name: theirs, addresses: [172.17.0.0/24]")
    assert cluster.has("b") == "172.17.0.1"
    assert cluster.says("b").startswith("Allocated: 172.17.0.1")
