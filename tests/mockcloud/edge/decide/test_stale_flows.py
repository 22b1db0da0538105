"""UDP flows to targets that are gone."""

import pytest

from mockcloud.cloud.core.forwarding import Speaks
from mockcloud.edge.decide.stale_flows import stale, udp_servers
from mockcloud.proxy.decide.stale import Flow
from mockcloud.proxy.decide.views import Target
from tests.mockcloud.edge.decide.ports import backend, translated

A, B = backend(1), backend(2)
FRONT = Target("198.18.0.4", 80)


def udp(*backends, **more):
    return udp_servers([translated(*backends, speaks=Speaks.UDP, **more)])


def flow(server, to=FRONT):
    return Flow("203.0.113.100", to, Target(server, 30080))


@pytest.mark.parametrize(
    ("after", "gone"),
    [
        pytest.param(udp(A, B), [], id="all-are-there"),
        pytest.param(udp(B), ["10.0.0.1"], id="a-target-is-gone"),
        pytest.param(udp(A, B, takers=(B,)), ["10.0.0.1"], id="a-target-is-unhealthy"),
        pytest.param(udp(backend(1, draining=True), B, takers=(B,)), [], id="a-target-drains"),
        pytest.param({}, ["10.0.0.1", "10.0.0.2"], id="the-port-is-gone"),
    ],
)
def test_flows_that_nobody_may_answer(after, gone):
    """They are forgotten, and find their way anew; the others go on."""
    found = stale([flow("10.0.0.1"), flow("10.0.0.2")], udp(A, B), after)
    assert [each.server.ip for each in found] == gone


def test_flows_of_others_stay():
    """To other places, and what nobody translated."""
    others = [flow("10.0.0.1", Target("198.18.0.9", 80)), Flow("203.0.113.100", FRONT, FRONT)]
    assert stale(others, udp(A), {}) == []


def test_only_udp_that_is_translated():
    """TCP ends by itself."""
    assert udp_servers([translated(A)]) == {}
