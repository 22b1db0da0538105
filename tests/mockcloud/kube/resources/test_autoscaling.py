"""HorizontalPodAutoscalers in both versions (rules: conformance, test_api_kinds)."""

from mockcloud.kube.resources.autoscaling import HORIZONTAL_POD_AUTOSCALER, HORIZONTAL_POD_AUTOSCALER_V1

CPU = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}
REQUESTS = {"metric": {"name": "requests"}, "target": {"type": "AverageValue", "averageValue": "5"}}
STORED = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "web", "annotations": {"note": "x"}, "creationTimestamp": "2026-11-21T12:00:00Z"},
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "maxReplicas": 4,
        "metrics": [{"type": "Resource", "resource": CPU}, {"type": "Pods", "pods": REQUESTS}],
        "behavior": {"scaleDown": {"selectPolicy": "Disabled"}},
    },
    "status": {"currentReplicas": 2, "desiredReplicas": 2, "conditions": [{"type": "AbleToScale"}]},
}


def test_what_version_1_has_no_field_for_is_kept():
    """In annotations, which come and go with the view."""
    view = HORIZONTAL_POD_AUTOSCALER_V1.from_stored(STORED)
    assert view["spec"]["targetCPUUtilizationPercentage"] == 70
    assert not {"metrics", "behavior"} & set(view["spec"])
    assert HORIZONTAL_POD_AUTOSCALER_V1.to_stored(view) == STORED


def test_what_is_shown_of_its_metrics():
    """As kubectl prints them: now/wanted."""
    row = HORIZONTAL_POD_AUTOSCALER.printer.row(STORED, 0.0)
    assert row[:6] == ["web", "Deployment/web", "cpu: <unknown>/70%, <unknown>/5", "<unset>", 4, 2]
