"""Bounds and speed: what of a recommendation may be, and what is said of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.controllers.objects.metadata import Meta
from mockcloud.controllers.podautoscaler.limits import Memory, limit
from mockcloud.controllers.podautoscaler.objects import Autoscaler, Direction, Policy

NOW = 10_000.0
PLAIN = Autoscaler(Meta("default", "web", "1"), {}, 2, 20, (), None, None, {})
DEFAULT_UP = Direction("Max", (Policy("Pods", 4, 15), Policy("Percent", 100, 15)), 0)
DEFAULT_DOWN = Direction("Max", (Policy("Percent", 100, 15),), 300)
RULED = replace(PLAIN, up=DEFAULT_UP, down=DEFAULT_DOWN)


def up(**fields):
    return replace(RULED, up=replace(DEFAULT_UP, **fields))


def down(**fields):
    return replace(RULED, down=replace(DEFAULT_DOWN, **{"window": 0, **fields}))


@pytest.mark.parametrize(
    ("scaler", "current", "wanted", "memory", "replicas", "able", "limited"),
    [
        pytest.param(PLAIN, 3, 4, Memory(), 4, "ReadyForNewScale", "DesiredWithinRange", id="up"),
        pytest.param(
            PLAIN, 3, 9, Memory(), 6, "ReadyForNewScale", "ScaleUpLimit", id="twice as many at once"
        ),
        pytest.param(PLAIN, 2, 9, Memory(), 4, "ReadyForNewScale", "ScaleUpLimit", id="four at least"),
        pytest.param(PLAIN, 15, 30, Memory(), 20, "ReadyForNewScale", "TooManyReplicas", id="the most"),
        pytest.param(PLAIN, 9, 1, Memory(), 2, "ReadyForNewScale", "TooFewReplicas", id="the fewest"),
        pytest.param(
            PLAIN,
            9,
            3,
            Memory(((NOW - 299, 8), (NOW - 301, 9))),
            8,
            "ScaleDownStabilized",
            "DesiredWithinRange",
            id="the highest of five minutes",
        ),
        pytest.param(
            up(window=60),
            3,
            9,
            Memory(((NOW - 59, 4), (NOW - 61, 3))),
            4,
            "ScaleUpStabilized",
            "DesiredWithinRange",
            id="the lowest of a window",
        ),
        pytest.param(
            RULED,
            9,
            3,
            Memory(((NOW - 299, 8), (NOW - 301, 9))),
            8,
            "ScaleDownStabilized",
            "DesiredWithinRange",
            id="the highest of a window",
        ),
        pytest.param(RULED, 3, 12, Memory(), 7, "ReadyForNewScale", "ScaleUpLimit", id="four more"),
        pytest.param(RULED, 6, 20, Memory(), 12, "ReadyForNewScale", "ScaleUpLimit", id="or twice as many"),
        pytest.param(
            up(select="Min"), 6, 20, Memory(), 10, "ReadyForNewScale", "ScaleUpLimit", id="the lesser of both"
        ),
        pytest.param(
            up(select="Disabled"), 6, 9, Memory(), 6, "ReadyForNewScale", "ScaleUpLimit", id="never up"
        ),
        pytest.param(
            RULED,
            7,
            12,
            Memory(added=((NOW - 14, 4), (NOW - 16, 2))),
            7,
            "ReadyForNewScale",
            "ScaleUpLimit",
            id="what was added in the period counts",
        ),
        pytest.param(
            down(policies=(Policy("Pods", 1, 60),)),
            9,
            3,
            Memory(),
            8,
            "ReadyForNewScale",
            "ScaleDownLimit",
            id="one by one",
        ),
        pytest.param(
            down(policies=(Policy("Pods", 1, 60), Policy("Percent", 50, 60)), select="Min"),
            9,
            3,
            Memory(removed=((NOW - 30, 1),)),
            9,
            "ReadyForNewScale",
            "ScaleDownLimit",
            id="one a minute, and there was one",
        ),
        pytest.param(
            down(select="Disabled"), 9, 3, Memory(), 9, "ReadyForNewScale", "ScaleDownLimit", id="never down"
        ),
    ],
)
def test_what_may_be(scaler, current, wanted, memory, replicas, able, limited):
    """And the reasons of both conditions."""
    found = limit(scaler, current, wanted, memory, NOW)
    assert (found.replicas, found.able.reason, found.limited.reason) == (replicas, able, limited)
    assert found.limited.status == (limited != "DesiredWithinRange")
    assert (NOW, wanted) in found.memory.recommended


def test_old_recommendations_are_forgotten():
    """What is older than the longer window counts for nothing any more."""
    found = limit(PLAIN, 3, 3, Memory(((NOW - 301, 9), (NOW - 10, 3))), NOW)
    assert found.memory.recommended == ((NOW - 10, 3), (NOW, 3))


def test_changes_are_remembered_for_the_longest_period():
    """An hour, of both kinds."""
    memory = Memory().scaled(3, NOW).scaled(-2, NOW + 1)
    assert (memory.added, memory.removed) == (((NOW, 3),), ((NOW + 1, 2),))
    assert memory.scaled(1, NOW + 3601).added == ((NOW + 3601, 1),)


@given(st.integers(2, 20), st.integers(0, 200), st.sampled_from([PLAIN, RULED, up(select="Min"), down()]))
def test_bounds_hold_whatever_is_recommended(current, wanted, scaler):
    """And nothing goes the other way than what was asked for."""
    found = limit(scaler, current, wanted, Memory(), NOW).replicas
    assert 2 <= found <= 20
    assert (found - current) * (wanted - current) >= 0
