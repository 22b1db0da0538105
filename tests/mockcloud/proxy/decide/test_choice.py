"""Hints: which endpoints are near enough, and when they are not looked at."""

from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from mockcloud.proxy.decide.choice import choose
from mockcloud.proxy.decide.views import EndpointView, NodeView, Target

NODE = NodeView(
    "node-1",
    (ip_address("192.168.10.11"),),
    (ip_network("10.244.1.0/24"),),
    (ip_network("10.244.0.0/16"),),
    (ip_address("192.168.10.11"),),
    zone="a",
)


def endpoint(number, *, ready=True, terminating=False, zones=(), nodes=(), node="node-2"):
    return EndpointView(
        Target(f"10.244.2.{number}", 80), ready, True, terminating, node, tuple(zones), tuple(nodes)
    )


def numbers(targets):
    return [int(target.ip.rpartition(".")[2]) for target in targets]


NEAR, FAR = endpoint(1, zones="a"), endpoint(2, zones="b")
LEAVING = endpoint(3, ready=False, terminating=True, zones="b")


@pytest.mark.parametrize(
    ("endpoints", "node", "expected"),
    [
        pytest.param([NEAR, FAR], NODE, [1], id="the-nodes-zone"),
        pytest.param([NEAR, FAR], replace(NODE, zone="c"), [1, 2], id="nothing-for-the-zone"),
        pytest.param([NEAR, FAR], replace(NODE, zone=""), [1, 2], id="a-node-without-zone"),
        pytest.param([NEAR, endpoint(2)], NODE, [1, 2], id="one-has-no-hint"),
        pytest.param([NEAR, endpoint(2, ready=False)], NODE, [1], id="only-ready-ones-need-hints"),
        pytest.param(
            [endpoint(1, zones="a", nodes=["node-1"]), endpoint(2, zones="a", nodes=["node-2"])],
            NODE,
            [1],
            id="the-node-before-the-zone",
        ),
        pytest.param(
            [endpoint(1, zones="a", nodes=["node-3"]), endpoint(2, zones="b", nodes=["node-2"])],
            NODE,
            [1],
            id="the-zone-where-none-is-for-the-node",
        ),
        pytest.param([endpoint(1, zones="ab"), FAR], NODE, [1], id="several-zones-in-one-hint"),
        pytest.param([LEAVING], NODE, [3], id="a-last-resort-is-taken-wherever-it-is"),
        pytest.param([LEAVING, NEAR, FAR], NODE, [1], id="leaving-ones-do-not-count"),
    ],
)
def test_hints_choose_near_endpoints(endpoints, node, expected):
    """KEP-2433, KEP-3015 and KEP-4444, as kube-proxy reads them."""
    assert numbers(choose(endpoints, node).cluster) == expected


def test_hints_do_not_concern_the_nodes_own_endpoints():
    """Policy Local uses what is here, whatever zone it is hinted for."""
    here = endpoint(1, zones="b", node="node-1")
    choice = choose([here, endpoint(2, zones="a")], NODE)
    assert (numbers(choice.cluster), numbers(choice.local)) == ([2], [1])
