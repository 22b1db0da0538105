"""What another configuration would do to a cluster's Services."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.decide.preview import Effect, PoolPreview, ServicePreview, preview
from baremetal_lb.model.addresses import Family
from baremetal_lb.model.api_names import Reason
from baremetal_lb.model.nodes import NodeView
from tests.baremetal_lb.fakes.paper_cluster import Cluster, key

ONE, TWO = (ip_address("10.0.0.1"),), (ip_address("10.0.0.2"),)
STAYS = ServicePreview(key("web"), ONE, ONE, Reason.ALLOCATED, "")


@pytest.mark.parametrize(
    ("changes", "effect"),
    [
        ({}, Effect.KEEP),
        ({"after": TWO}, Effect.CHANGE),
        ({"after": ()}, Effect.LOSE),
        ({"before": ()}, Effect.GAIN),
        ({"before": (), "after": ()}, Effect.WAIT),
        ({"why_silent": "bgp"}, Effect.SILENCE),
        ({"why_silent": "bgp", "was_silent": True}, Effect.KEEP),
    ],
)
def test_what_becomes_of_a_service_in_one_word(changes, effect):
    """Who loses its announcement keeps its address, and is told of."""
    assert replace(STAYS, **changes).effect is effect


@pytest.fixture
def cluster():
    """One Service, with the first address of pool lab."""
    return Cluster().pools("name: lab, addresses: [10.0.0.1-10.0.0.2]").create("web")


def shown(cluster, text, *nodes):
    (service,) = (found := preview(cluster.allocator, parse_config(text), nodes, cluster.now)).services
    return service, found.pools


def config(addresses, protocol="layer2", more=""):
    return f"address-pools: [{{name: lab, protocol: {protocol}, addresses: [{addresses}]{more}}}]"


def test_who_may_stay_stays_and_pools_say_how_full_they_would_be(cluster):
    """Of each family that they have."""
    service, pools = shown(cluster, config("10.0.0.0/24"))
    assert (service.effect, service.before, service.after) == (Effect.KEEP, ONE, ONE)
    assert pools == (PoolPreview("lab", Family.V4, 1, 254),)


def test_who_has_to_leave_is_told_why(cluster):
    """As its Event would say it."""
    service, _ = shown(cluster, config("10.1.0.5"))
    assert (service.effect, list(map(str, service.after))) == (Effect.CHANGE, ["10.1.0.5"])
    assert "10.0.0.1" in service.why_left


def test_who_would_fall_silent_is_told_why(cluster):
    """By its protocol, or since no node is selected."""
    service, _ = shown(cluster, config("10.0.0.0/24", "bgp"))
    assert (service.effect, "protocol bgp" in service.why_silent) == (Effect.SILENCE, True)


def test_a_pool_that_selects_no_node_is_announced_by_none(cluster):
    """Nodes without such a label."""
    selects = ", node-selectors: [{match-labels: {zone: a}}]"
    other, right = NodeView("node-1"), NodeView("node-2", labels={"zone": "a"})
    service, _ = shown(cluster, config("10.0.0.0/24", more=selects), other)
    assert (service.effect, "select" in service.why_silent) == (Effect.SILENCE, True)
    service, _ = shown(cluster, config("10.0.0.0/24", more=selects), other, right)
    assert service.why_silent == ""
