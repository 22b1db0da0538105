"""Pods as values: when they count as available."""

from datetime import UTC, datetime, timedelta

from mockcloud.controllers.objects.pods import parse_pod, seconds_until_available
from testkit import objects

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def pod(name, *, ready):
    since = (NOW - timedelta(seconds=50)).isoformat()
    conditions = [{"type": "Ready", "status": str(ready), "lastTransitionTime": since}]
    status = {"phase": "Running", "conditions": conditions}
    return parse_pod(objects.pod(name, namespace="ns", metadata={"uid": name}, status=status))


def test_min_ready_seconds_delays_availability():
    """Ready for 50 s of 80: available in 30."""
    owned = [pod("a", ready=True), pod("b", ready=False)]
    assert seconds_until_available(owned, 80, NOW) == 30
    assert seconds_until_available(owned, 40, NOW) is None
    assert seconds_until_available(owned, 0, NOW) is None


def test_ports_are_those_of_containers_that_last():
    """A sidecar's, too: Services name them, and the scheduler looks at them; not of what ends first."""

    def opened(name, **more):
        return objects.container(name, ports=[{"name": name, "containerPort": 80, "hostPort": 8080}], **more)

    sidecar, first = opened("side", restartPolicy="Always"), opened("first")
    made = objects.pod(
        "p", opened("main"), namespace="ns", metadata={"uid": "p"}, initContainers=[first, sidecar]
    )
    found = parse_pod(made)
    assert [name for name, _, _ in found.ports] == ["main", "side"]
    assert len(found.host_ports) == 2
