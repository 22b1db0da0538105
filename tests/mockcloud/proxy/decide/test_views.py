"""What the rules need to know of Services and the node."""

from ipaddress import ip_address, ip_network

import pytest

from mockcloud.proxy.decide.views import Family, NodeView, ServiceKey, family_of

V4 = NodeView("node-1", (), (ip_network("10.244.1.0/24"),), (ip_network("10.244.0.0/16"),), ())
DUAL = NodeView(
    "node-1",
    (),
    (ip_network("fd00:10:244:1::/64"), ip_network("10.244.1.0/24")),
    (ip_network("fd00:10:244::/48"), ip_network("10.244.0.0/16")),
    (),
    (ip_network("10.96.0.0/16"),),
)


@pytest.mark.parametrize("text", ["10.0.0.1", "10.0.0.0/8"])
def test_an_address_and_a_network_have_a_family_by_nfts_name(text):
    """`ip` and `ip6`."""
    made = ip_network(text) if "/" in text else ip_address(text)
    assert (family_of(made), str(Family.IPV4), str(Family.IPV6)) == (Family.IPV4, "ip", "ip6")


def test_a_nodes_families_are_those_of_its_pods():
    """IPv4 first, however the ranges are written."""
    assert (V4.families, DUAL.families) == ((Family.IPV4,), (Family.IPV4, Family.IPV6))


def test_each_family_has_its_own_ranges_or_none():
    """Of this node's pods, of all pods, of Services."""
    assert str(DUAL.pod_cidr(Family.IPV4)) == "10.244.1.0/24"
    assert str(DUAL.cluster_cidr(Family.IPV6)) == "fd00:10:244::/48"
    assert str(DUAL.service_cidr(Family.IPV4)) == "10.96.0.0/16"
    assert DUAL.service_cidr(Family.IPV6) is None
    assert V4.pod_cidr(Family.IPV6) is None


def test_a_service_is_shown_with_its_namespace():
    """As rules name it."""
    assert str(ServiceKey("default", "web")) == "default/web"
