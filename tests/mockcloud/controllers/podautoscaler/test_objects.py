"""What the controller reads of objects."""

from datetime import UTC, datetime

import pytest

from mockcloud.controllers.podautoscaler.objects import (
    Direction,
    Figures,
    Metric,
    Policy,
    parse_autoscaler,
    parse_figures,
    parse_scaled_pod,
)
from testkit import objects

TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}


def autoscaler(**spec):
    spec = {"scaleTargetRef": TARGET, "maxReplicas": 5, **spec}
    meta = {"namespace": "default", "uid": "1"}
    return objects.made("HorizontalPodAutoscaler", "web", version="autoscaling/v2", metadata=meta, spec=spec)


@pytest.mark.parametrize(
    ("raw", "metric"),
    [
        pytest.param(
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
            },
            Metric("Resource", "cpu", utilization=80),
            id="share",
        ),
        pytest.param(
            {
                "type": "Resource",
                "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Ki"}},
            },
            Metric("Resource", "memory", average=1_024_000),
            id="amount",
        ),
        pytest.param(
            {
                "type": "ContainerResource",
                "containerResource": {
                    "name": "cpu",
                    "container": "c",
                    "target": {"type": "AverageValue", "averageValue": "250m"},
                },
            },
            Metric("ContainerResource", "cpu", "c", average=250),
            id="container",
        ),
        pytest.param(
            {"type": "Pods", "pods": {"metric": {"name": "hits"}, "target": {"type": "AverageValue"}}},
            Metric("Pods", "hits"),
            id="of others",
        ),
    ],
)
def test_a_metric(raw, metric):
    """Amounts are in thousandths."""
    assert parse_autoscaler(autoscaler(metrics=[raw])).metrics == (metric,)


def test_how_fast():
    """Nothing said is nothing; where something is, windows have upstream's defaults."""
    plain = parse_autoscaler(autoscaler())
    assert (plain.least, plain.most, plain.up, plain.down) == (1, 5, None, None)
    policy = {"type": "Pods", "value": 2, "periodSeconds": 60}
    behavior = {
        "scaleUp": {"policies": [policy], "tolerance": "50m"},
        "scaleDown": {"selectPolicy": "Disabled"},
    }
    found = parse_autoscaler(autoscaler(behavior=behavior, minReplicas=0))
    assert found.least == 0
    assert found.up == Direction("Max", (Policy("Pods", 2, 60),), 0, 0.05)
    assert found.down == Direction("Disabled", (), 300)
    assert not found.wants_same(plain)


def test_a_pod():
    """Sidecars ask for something, too; init containers have gone."""
    init = [
        {"name": "first", "image": "i", "resources": {"requests": {"cpu": "9"}}},
        {"name": "side", "image": "i", "restartPolicy": "Always", "resources": {"requests": {"cpu": "10m"}}},
    ]
    main = objects.container("main", resources={"requests": {"cpu": "0.1", "memory": "1"}})
    pod = parse_scaled_pod(objects.pod("web", main, initContainers=init))
    assert pod.requests == {"main": {"cpu": 100, "memory": 1000}, "side": {"cpu": 10}}
    assert (pod.ready, pod.ended, pod.pending) == (None, False, False)


def test_figures():
    """Rounded up to thousandths; a container that lacks a figure takes its pod's away."""
    raw = {
        "timestamp": "2026-01-01T00:00:06Z",
        "window": "15.04s",
        "containers": [
            {"name": "a", "usage": {"cpu": "1234567n", "memory": "1Ki"}},
            {"name": "b", "usage": {"cpu": "1"}},
        ],
    }
    found = parse_figures(raw)
    assert found == Figures(
        datetime(2026, 1, 1, 0, 0, 6, tzinfo=UTC),
        15.04,
        {"a": {"cpu": 2, "memory": 1_024_000}, "b": {"cpu": 1000}},
    )
    assert (found.of("cpu", ""), found.of("cpu", "b"), found.of("memory", ""), found.of("cpu", "c")) == (
        1002, 1000, None, None,
    )  # fmt: skip
