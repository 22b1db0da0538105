"""Deployments as values."""

import pytest

from mockcloud.controllers.deployment.objects import parse_deployment
from testkit import objects


def deployment(replicas, strategy=None):
    return parse_deployment(
        objects.deployment(metadata={"uid": "d"}, replicas=replicas, template={}, strategy=strategy or {})
    )


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "expected"),
    [
        pytest.param(3, "25%", "25%", (1, 0), id="defaults-round-up-and-down"),
        pytest.param(10, "25%", "25%", (3, 2), id="of-ten"),
        pytest.param(4, 2, 1, (2, 1), id="numbers"),
        pytest.param(3, 0, 0, (0, 1), id="both-zero-would-never-move"),
        pytest.param(3, "0%", "10%", (0, 1), id="both-round-to-zero"),
        pytest.param(2, 1, 5, (1, 2), id="no-more-than-there-are"),
        pytest.param(0, "25%", "25%", (0, 0), id="none-wanted"),
    ],
)
def test_bounds_are_resolved_to_pods(replicas, surge, unavailable, expected):
    """Each row: replicas, maxSurge, maxUnavailable, and both in pods."""
    found = deployment(replicas, {"rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}})
    assert (found.max_surge, found.max_unavailable) == expected


def test_a_zero_is_a_number_and_absence_is_the_default():
    """`replicas: 0` must not become 1."""
    assert deployment(0).replicas == 0
    assert deployment(None).replicas == 1
