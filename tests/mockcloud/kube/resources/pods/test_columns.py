"""READY, STATUS and RESTARTS of pods."""

import pytest

from mockcloud.kube.resources.pods.columns import PRINTER
from testkit import objects

NOW = 1795266000.0  # 2026-11-21T13:00:00Z


def container(name: str = "c", *, ready: bool = False, restarts: int = 0, **state: object) -> dict:
    return {"name": name, "ready": ready, "restartCount": restarts, "state": state}


def pod(phase: str = "Running", *, deleted: bool = False, spec: dict | None = None, **status: object) -> dict:
    metadata = {"creationTimestamp": "2026-11-21T12:59:00Z"}
    if deleted:
        metadata["deletionTimestamp"] = "2026-11-21T13:00:00Z"
    return objects.pod("p", metadata=metadata, status={"phase": phase, **status}, **(spec or {}))


RUNNING = container(ready=True, running={})
TWO = {"containers": [{"name": "c"}, {"name": "d"}]}
INIT = {"containers": [{"name": "c"}], "initContainers": [{"name": "i"}]}
SIDECAR = {"containers": [{"name": "c"}], "initContainers": [{"name": "s", "restartPolicy": "Always"}]}


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        pytest.param(pod("Pending"), ["0/1", "Pending", "0"], id="pending"),
        pytest.param(pod(containerStatuses=[RUNNING]), ["1/1", "Running", "0"], id="running"),
        pytest.param(
            pod("Pending", containerStatuses=[container(waiting={"reason": "ContainerCreating"})]),
            ["0/1", "ContainerCreating", "0"],
            id="creating",
        ),
        pytest.param(
            pod(containerStatuses=[container(waiting={"reason": "CrashLoopBackOff"}, restarts=4)]),
            ["0/1", "CrashLoopBackOff", "4"],
            id="crashing",
        ),
        pytest.param(
            pod("Pending", containerStatuses=[container(waiting={"reason": "ImagePullBackOff"})]),
            ["0/1", "ImagePullBackOff", "0"],
            id="unknown-image",
        ),
        pytest.param(
            pod(
                "Succeeded", containerStatuses=[container(terminated={"reason": "Completed", "exitCode": 0})]
            ),
            ["0/1", "Completed", "0"],
            id="completed",
        ),
        pytest.param(
            pod("Failed", containerStatuses=[container(terminated={"exitCode": 3})]),
            ["0/1", "ExitCode:3", "0"],
            id="exit-code",
        ),
        pytest.param(
            pod("Failed", containerStatuses=[container(terminated={"exitCode": 137, "signal": 9})]),
            ["0/1", "Signal:9", "0"],
            id="signal",
        ),
        pytest.param(
            pod(spec=TWO, containerStatuses=[RUNNING, container("d", terminated={"reason": "Completed"})]),
            ["1/2", "NotReady", "0"],
            id="one-of-two-completed",
        ),
        pytest.param(
            pod(deleted=True, containerStatuses=[RUNNING]), ["1/1", "Terminating", "0"], id="terminating"
        ),
        pytest.param(
            pod("Pending", spec=INIT, initContainerStatuses=[container("i", running={})]),
            ["0/1", "Init:0/1", "0"],
            id="initializing",
        ),
        pytest.param(
            pod("Pending", spec=INIT, initContainerStatuses=[container("i", terminated={"exitCode": 1})]),
            ["0/1", "Init:ExitCode:1", "0"],
            id="init-failed",
        ),
        pytest.param(
            pod(
                spec=INIT,
                initContainerStatuses=[container("i", terminated={"exitCode": 0})],
                containerStatuses=[RUNNING],
            ),
            ["1/1", "Running", "0"],
            id="init-done",
        ),
        pytest.param(
            pod(
                spec=SIDECAR,
                initContainerStatuses=[{**container("s", ready=True, running={}), "started": True}],
                containerStatuses=[RUNNING],
            ),
            ["2/2", "Running", "0"],
            id="sidecar-counts",
        ),
        pytest.param(
            pod("Pending", conditions=[{"type": "PodScheduled", "reason": "SchedulingGated"}]),
            ["0/1", "SchedulingGated", "0"],
            id="gated",
        ),
        pytest.param(
            pod(
                containerStatuses=[
                    {
                        **container(ready=True, running={}, restarts=2),
                        "lastState": {"terminated": {"finishedAt": "2026-11-21T12:59:50Z"}},
                    }
                ]
            ),
            ["1/1", "Running", "2 (10s ago)"],
            id="restarted",
        ),
    ],
)
def test_ready_status_and_restarts(shown, expected):
    """What `kubectl get pods` says of each state."""
    assert PRINTER.row(shown, NOW)[1:4] == expected


def test_wide_columns():
    """IP, node, and the rest of `-o wide`."""
    spec = {"containers": [{}], "nodeName": "node-1", "readinessGates": [{"conditionType": "lb"}]}
    shown = pod(spec=spec, podIPs=[{"ip": "10.244.1.5"}], conditions=[{"type": "lb", "status": "True"}])
    assert PRINTER.row(shown, NOW)[4:] == ["60s", "10.244.1.5", "node-1", "<none>", "1/1"]
    assert len(PRINTER.row(shown, NOW)) == len(PRINTER.columns)
