"""From an autoscaler's situation to replicas, conditions, Events and status."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mockcloud.controllers.objects.metadata import Meta
from mockcloud.controllers.podautoscaler import plan
from mockcloud.controllers.podautoscaler.limits import Memory
from mockcloud.controllers.podautoscaler.objects import Autoscaler, Figures, Metric, ScaledPod
from mockcloud.controllers.podautoscaler.replicas import Situation

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
TEXT = "2026-01-01T12:00:00Z"
OLD = NOW - timedelta(hours=1)
CPU = Metric("Resource", "cpu", utilization=50)
HITS = Metric("Pods", "hits", average=1000)
SCALER = Autoscaler(Meta("default", "web", "1"), {}, 1, 5, (CPU,), None, None, {})


def at(current, usage, *metrics, **fields):
    """So many pods of a core each, which use so much."""
    pods = [
        ScaledPod(str(number), False, False, True, OLD, OLD - timedelta(seconds=1), {"c": {"cpu": 1000}})
        for number in range(current)
    ]
    figures = {} if usage is None else {each.name: Figures(NOW, 15.0, {"c": {"cpu": usage}}) for each in pods}
    scaler = replace(SCALER, **({"metrics": metrics} if metrics else {}), **fields)
    return Situation(scaler, current, pods, figures, NOW)


@pytest.mark.parametrize(
    ("situation", "replicas", "why"),
    [
        pytest.param(
            at(2, 900), 4, "cpu resource utilization (percentage of request) above target", id="up"
        ),
        pytest.param(at(2, 500), 2, "", id="as it should be"),
        pytest.param(at(9, 500), 5, "Current number of replicas above Spec.MaxReplicas", id="above"),
        pytest.param(at(1, 500, least=3), 3, "Current number of replicas below Spec.MinReplicas", id="below"),
        pytest.param(at(0, None), 0, "", id="switched off"),
        pytest.param(at(2, None), 2, "", id="nothing is known"),
        pytest.param(
            at(2, 900, CPU, HITS), 4, "cpu resource utilization (percentage of request) above target",
            id="up, though one is not known",
        ),
        pytest.param(at(4, 100, CPU, HITS), 4, "", id="not down while one is not known"),
    ],
)  # fmt: skip
def test_replicas_and_why(situation, replicas, why):
    """The reason is what Event SuccessfulRescale says."""
    found = plan.decide(situation, True, Memory(((0.0, 1),)))
    assert (found.replicas, found.why) == (replicas, why)


def test_it_goes_down_when_five_minutes_have_asked_for_it():
    """A controller that has just begun counts what is there as the first recommendation."""
    first = plan.decide(at(4, 100), True, Memory())
    assert (first.replicas, first.conditions[plan.ABLE].reason) == (4, "ScaleDownStabilized")
    later = replace(at(4, 100), now=NOW + timedelta(seconds=301))
    found = plan.decide(later, True, first.memory)
    assert (found.replicas, found.why) == (1, "All metrics below target")


@pytest.mark.parametrize(
    ("found", "reasons"),
    [
        pytest.param(
            plan.decide(at(2, 500), True, Memory()),
            {
                "AbleToScale": "ReadyForNewScale",
                "ScalingActive": "ValidMetricFound",
                "ScalingLimited": "DesiredWithinRange",
            },
            id="well",
        ),
        pytest.param(
            plan.decide(at(2, None), True, Memory()),
            {"AbleToScale": "SucceededGetScale", "ScalingActive": "FailedGetResourceMetric"},
            id="no figures",
        ),
        pytest.param(
            plan.decide(at(0, None), True, Memory()),
            {"AbleToScale": "SucceededGetScale", "ScalingActive": "ScalingDisabled"},
            id="switched off",
        ),
        pytest.param(
            plan.decide(at(2, 500), False, Memory()),
            {"AbleToScale": "SucceededGetScale", "ScalingActive": "InvalidSelector"},
            id="no selector",
        ),
        pytest.param(plan.without_scale("gone"), {"AbleToScale": "FailedGetScale"}, id="no target"),
        pytest.param(
            plan.rescaled(plan.decide(at(9, 1), True, Memory()), 9, NOW),
            {"AbleToScale": "SucceededRescale"},
            id="scaled",
        ),
        pytest.param(
            plan.not_rescaled(plan.decide(at(9, 1), True, Memory()), 9, "no"),
            {"AbleToScale": "FailedUpdateScale"},
            id="refused",
        ),
    ],
)  # fmt: skip
def test_conditions(found, reasons):
    """By upstream's reasons."""
    assert {kind: said.reason for kind, said in found.conditions.items()} == reasons


def test_events():
    """Each failure is told once more, as a whole; a change says how many there are now, and why."""
    unknown = plan.decide(at(2, None), True, Memory())
    first = (
        "failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from "
        "resource metrics API"
    )
    assert unknown.events == (
        plan.Happened("FailedGetResourceMetric", first),
        plan.Happened(
            "FailedComputeMetricsReplicas", f"invalid metrics (1 invalid out of 1), first error is: {first}"
        ),
    )
    done = plan.rescaled(plan.decide(at(9, 1), True, Memory()), 9, NOW)
    message = "New size: 5; reason: Current number of replicas above Spec.MaxReplicas"
    assert done.events == (plan.Happened("SuccessfulRescale", message, warning=False),)
    assert done.memory.removed == ((NOW.timestamp(), 4),)


def test_the_status():
    """Metrics as they stand, and when the number was changed; conditions that stay keep their time."""
    earlier = {"type": "ScalingActive", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    scaler = replace(SCALER, status={"conditions": [earlier], "desiredReplicas": 1})
    done = plan.rescaled(plan.decide(at(2, 900), True, Memory()), 2, NOW)
    found = plan.status(scaler, done, 2, TEXT)
    assert (found["currentReplicas"], found["desiredReplicas"], found["lastScaleTime"]) == (2, 4, TEXT)
    current = {"averageUtilization": 90, "averageValue": "900m"}
    assert found["currentMetrics"] == [{"type": "Resource", "resource": {"name": "cpu", "current": current}}]
    times = {each["type"]: each["lastTransitionTime"] for each in found["conditions"]}
    assert times["ScalingActive"] == "2026-01-01T00:00:00Z"
    assert times["AbleToScale"] == TEXT
    gone = plan.status(scaler, plan.without_scale("gone"), None, TEXT)
    assert gone["desiredReplicas"] == 1
    assert "currentMetrics" not in gone
