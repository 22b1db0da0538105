"""When a node counts as keeping up."""

from datetime import UTC, datetime, timedelta

import pytest

from mockcloud.proxy.decide.views import FAMILIES, Family
from mockcloud.proxy.health.answers import FamilyHealth
from mockcloud.proxy.health.state import ProxyState, eligible

START = datetime(2026, 11, 21, 12, tzinfo=UTC)


def after(seconds):
    return START + timedelta(seconds=seconds)


def test_what_waits_for_a_minute_is_not_healthy():
    """Counted from the first change that waits; one family does not excuse the other."""
    state = ProxyState()
    for family in FAMILIES:
        state.updated(family, START)
    state.queued(FAMILIES, after(100))
    state.queued(FAMILIES, after(150))
    state.updated(Family.IPV4, after(151))
    assert state.healthy(after(159.9))
    assert not state.healthy(after(160))
    assert state.health(after(160)) == {
        Family.IPV4: FamilyHealth(after(151), healthy=True),
        Family.IPV6: FamilyHealth(START, healthy=False),
    }
    state.updated(Family.IPV6, after(161))
    assert state.healthy(after(161))


def test_a_node_that_starts_is_healthy():
    """Nothing was ever asked of it."""
    assert ProxyState().healthy(START)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        pytest.param({"metadata": {}}, True, id="there"),
        pytest.param(None, False, id="gone"),
        pytest.param({"metadata": {"deletionTimestamp": "2026-11-21T12:00:00Z"}}, False, id="leaving"),
        pytest.param(
            {"metadata": {}, "spec": {"taints": [{"key": "ToBeDeletedByClusterAutoscaler"}]}},
            False,
            id="about-to-be-scaled-away",
        ),
        pytest.param({"metadata": {}, "spec": {"taints": [{"key": "other"}]}}, True, id="another-taint"),
    ],
)
def test_nodes_that_are_to_stay_are_eligible(node, expected):
    """KEP-3836: a load balancer drains a node that is going."""
    assert eligible(node) is expected
