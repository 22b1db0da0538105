"""Routes to other nodes' pods."""

from ipaddress import ip_network

import pytest

from mockcloud.node.host.network.state import Route
from mockcloud.node.host.routes import NodeRoutes, routes_to
from testkit import objects

CLUSTER = (ip_network("10.244.0.0/16"), ip_network("fd00:10:244::/48"))
PROVIDED = {"annotations": {"alpha.kubernetes.io/provided-node-ip": "10.0.1.12,fd00:10::12"}}


def node(cidrs, *ips):
    return objects.node("node-2", addresses=ips, podCIDRs=cidrs)


@pytest.mark.parametrize(
    ("subject", "routes", "left_out"),
    [
        pytest.param(
            node(["10.244.2.0/24", "fd00:10:244:2::/64"], "192.168.10.12", "fd00:10::12"),
            {
                Route("10.244.2.0/24", "192.168.10.12", "eth0"),
                Route("fd00:10:244:2::/64", "fd00:10::12", "eth0"),
            },
            (),
            id="each-range-by-its-family",
        ),
        pytest.param(node(["10.244.2.0/24"], "fd00:10::12"), set(), (), id="no-address-of-that-family"),
        pytest.param(
            {"metadata": {"name": "x"}, "spec": {}, "status": {}}, set(), (), id="not-registered-yet"
        ),
        pytest.param(
            node(["10.244.2.0/24"], "localhost", "192.168.10.12"),
            {Route("10.244.2.0/24", "192.168.10.12", "eth0")},
            ("InternalIP 'localhost': expected an IP address",),
            id="one-address-is-none",
        ),
        pytest.param(
            objects.node(
                metadata=PROVIDED,
                podCIDRs=["10.244.2.0/24", "fd00:10:244:2::/64"],
                status={"addresses": [{"type": "ExternalIP", "address": "198.18.0.7"}]},
            ),
            {
                Route("10.244.2.0/24", "10.0.1.12", "eth0"),
                Route("fd00:10:244:2::/64", "fd00:10::12", "eth0"),
            },
            (),
            id="a-cloud-says-no-internal-address",
        ),
        pytest.param(
            objects.node(metadata=PROVIDED, addresses=["10.0.1.99"], podCIDRs=["10.244.2.0/24"]),
            {Route("10.244.2.0/24", "10.0.1.99", "eth0")},
            (),
            id="the-internal-address-comes-first",
        ),
        pytest.param(
            node(["0.0.0.0/0", "x", "10.244.0.0/15"], "192.168.10.12"),
            set(),
            tuple(
                f"podCIDR {text!r}: expected a range of addresses inside 10.244.0.0/16, fd00:10:244::/48"
                for text in ("0.0.0.0/0", "x", "10.244.0.0/15")
            ),
            id="ranges-that-are-none-of-the-cluster",
        ),
    ],
)
def test_routes_to_another_node(subject, routes, left_out):
    """A route for each range with an address of its family; what cannot be used is left out with a reason."""
    assert routes_to(subject, "eth0", CLUSTER) == NodeRoutes(frozenset(routes), left_out)
