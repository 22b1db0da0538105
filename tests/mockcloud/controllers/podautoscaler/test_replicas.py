"""How many replicas metrics ask for, case by case as upstream's replica calculator decides them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mockcloud.controllers.objects.metadata import Meta
from mockcloud.controllers.podautoscaler.objects import Autoscaler, Direction, Figures, Metric, ScaledPod
from mockcloud.controllers.podautoscaler.replicas import CannotCount, Counted, Situation, count, is_within

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
OLD, YOUNG = NOW - timedelta(hours=1), NOW - timedelta(minutes=1)
SCALER = Autoscaler(Meta("default", "web", "1"), {}, 1, 100, (), None, None, {})
CPU = Metric("Resource", "cpu", utilization=50)
AMOUNT = Metric("Resource", "memory", average=100)


def pod(name, **fields):
    requests = {"c": {"cpu": 1000, "memory": 1000}}
    known = ScaledPod(name, False, False, True, OLD + timedelta(seconds=5), OLD, requests)
    return replace(known, **fields)


def at(pods, usage, current=None, scaler=SCALER, resource="cpu"):
    known = {name: value for name, value in zip("abcdef", usage, strict=False) if value is not None}
    figures = {name: Figures(NOW, 15.0, {"c": {resource: value}}) for name, value in known.items()}
    return Situation(scaler, len(pods) if current is None else current, pods, figures, NOW)


def pods(number, **fields):
    return [pod(name, **fields) for name in "abcdef"[:number]]


@pytest.mark.parametrize(
    ("found", "usage", "replicas"),
    [
        pytest.param(pods(3), [500, 500, 500], 3, id="as it should be"),
        pytest.param(pods(3), [550, 550, 540], 3, id="a tenth more is tolerated"),
        pytest.param(pods(3), [460, 450, 450], 3, id="a tenth less is tolerated"),
        pytest.param(pods(3), [600, 600, 600], 4, id="up, rounded up"),
        pytest.param(pods(4), [200, 200, 200, 200], 2, id="down, rounded up"),
        pytest.param(pods(3), [0, 0, 0], 0, id="nothing is used"),
        pytest.param(pods(3), [900, 900, None], 4, id="up: what is missing uses nothing"),
        pytest.param(pods(3), [600, 600, None], 3, id="up: unless that turns it round"),
        pytest.param(pods(3), [100, 100, None], 3, id="down: what is missing uses all it asked for"),
        pytest.param(
            [*pods(2), pod("c", pending=True)], [900, 900, None], 4, id="up: what is pending uses nothing"
        ),
        pytest.param(
            [*pods(2), pod("c", pending=True)], [100, 100, None], 1, id="down: what is pending is left out"
        ),
        pytest.param(
            [*pods(2), pod("c", started=YOUNG, ready=False)],
            [900, 900, 5000],
            4,
            id="up: the CPU of a start counts for nothing",
        ),
        pytest.param([*pods(2), pod("c", ended=True)], [600, 600, 5000], 3, id="what ends is left out"),
        pytest.param(
            [*pods(2), pod("c", ready=False, ready_since=NOW)], [600, 600, 600], 4, id="not ready any more"
        ),
        pytest.param(
            [*pods(2), pod("c", ready=False, ready_since=OLD)], [900, 900, 0], 4, id="was never ready"
        ),
    ],
)
def test_by_a_share_of_requests(found, usage, replicas):
    """Half of a core is wanted of each pod."""
    assert count(CPU, at(found, usage)).replicas == replicas


@pytest.mark.parametrize(
    ("found", "usage", "replicas"),
    [
        pytest.param(pods(2), [100, 100], 2, id="as it should be"),
        pytest.param(pods(2), [150, 150], 3, id="up"),
        pytest.param(pods(3), [30, 30, 30], 1, id="down"),
        pytest.param(pods(3), [20, 20, None], 2, id="down: what is missing uses its target"),
        pytest.param(
            [*pods(2), pod("c", started=YOUNG, ready=False)],
            [150, 150, 150],
            5,
            id="starts count",
        ),
    ],
)
def test_by_an_amount(found, usage, replicas):
    """Nobody has to ask for anything."""
    assert count(AMOUNT, at(found, usage, resource="memory")).replicas == replicas


def test_what_is_said_of_it():
    """Share, mean, and the name that Events have."""
    assert count(CPU, at(pods(2), [700, 900])) == Counted(
        4, "cpu resource utilization (percentage of request)", 800, 80
    )
    assert count(AMOUNT, at(pods(2), [100, 100], resource="memory")) == Counted(2, "memory resource", 100)
    by_container = replace(CPU, kind="ContainerResource", container="c")
    assert count(by_container, at(pods(1), [500])).name == (
        "cpu container resource utilization (percentage of request)"
    )


@pytest.mark.parametrize(
    ("metric", "situation", "why"),
    [
        (
            CPU,
            at(pods(1), []),
            "failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from "
            "resource metrics API",
        ),
        (
            AMOUNT,
            at([], [1], resource="memory"),
            "failed to get memory usage: no pods returned by selector while calculating replica count",
        ),
        (
            CPU,
            at(pods(1, requests={"c": {}}), [1]),
            "failed to get cpu utilization: missing request for cpu in container c of Pod a",
        ),
        (
            CPU,
            at(pods(1, pending=True), [1]),
            "failed to get cpu utilization: did not receive metrics for targeted pods (pods might be "
            "unready)",
        ),
        (
            replace(CPU, utilization=None),
            at(pods(1), [1]),
            "failed to get cpu utilization: invalid resource metric source: neither an average utilization "
            "target nor an average value (usage) target was set",
        ),
        (
            CPU,
            at(pods(1, requests={"c": {"cpu": 0}}), [1]),
            "failed to get cpu utilization: no metrics returned matched known pods",
        ),
    ],
)
def test_why_it_cannot_be_said(metric, situation, why):
    """In upstream's words: these are an Event, and a condition's message."""
    with pytest.raises(CannotCount) as refused:
        count(metric, situation)
    assert str(refused.value) == why


def test_tolerance_can_be_chosen_by_direction():
    """A tenth, where nobody does."""
    assert is_within(SCALER, 1.1)
    assert not is_within(SCALER, 1.11)
    chosen = replace(SCALER, up=Direction("Max", (), 0, 0.5), down=Direction("Max", (), 0, 0.0))
    assert is_within(chosen, 1.5)
    assert not is_within(chosen, 0.99)
