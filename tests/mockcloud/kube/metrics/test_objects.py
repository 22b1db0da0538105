"""The objects of metrics.k8s.io, field by field, and their tables."""

from mockcloud.kube.metrics.kinds import NODE_METRICS, POD_METRICS
from mockcloud.kube.metrics.objects import of_node, of_pod
from mockcloud.kube.metrics.readings import Usage, Window
from testkit import objects

WEB = ("default", "web")
CONTAINERS = {"main": Usage(0.25, 64 << 20), "sidecar": Usage(0.0012345674, 1000)}
WINDOW = Window(1_767_225_606.2, 15.0404, Usage(1.5, 3 << 30), {WEB: CONTAINERS})
NOW = 1_767_225_607.0
POD = objects.pod("web", metadata={"labels": {"app": "web"}, "uid": "1", "annotations": {"a": "b"}})


def test_a_nodes_figures():
    """Cores in billionths, memory by powers of 1,024, both in their shortest form; labels are the Node's."""
    assert of_node(objects.node("node-1", metadata={"labels": {"zone": "a"}}), WINDOW, NOW) == {
        "apiVersion": "metrics.k8s.io/v1beta1",
        "kind": "NodeMetrics",
        "metadata": {
            "name": "node-1",
            "labels": {"zone": "a"},
            "creationTimestamp": "2026-01-01T00:00:07Z",
        },
        "timestamp": "2026-01-01T00:00:06Z",
        "window": "15.04s",
        "usage": {"cpu": "1500m", "memory": "3Gi"},
    }


def test_a_pods_figures_are_its_containers():
    """By name; a Table shows the sum."""
    found = of_pod(POD, WINDOW, NOW)
    assert found["metadata"] == {
        "name": "web",
        "namespace": "default",
        "labels": {"app": "web"},
        "creationTimestamp": "2026-01-01T00:00:07Z",
    }
    assert found["containers"] == [
        {"name": "main", "usage": {"cpu": "250m", "memory": "64Mi"}},
        {"name": "sidecar", "usage": {"cpu": "1234567n", "memory": "1k"}},
    ]
    assert POD_METRICS.printer.row(found, NOW) == ["web", "251234567n", "67109864", "15.04s"]
    names = [column.name for column in POD_METRICS.printer.columns]
    assert names == ["Name", "cpu", "memory", "Window"]


def test_a_nodes_row_is_its_own_use():
    """It has no containers to sum up."""
    row = NODE_METRICS.printer.row(of_node(objects.node(), WINDOW, NOW), NOW)
    assert row == ["node-1", "1500m", "3Gi", "15.04s"]


def test_a_pod_that_does_not_run_has_no_figures():
    """It is left out of lists, and not found by its name."""
    assert of_pod(objects.pod("other"), WINDOW, NOW) is None
