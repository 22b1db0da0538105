"""When what is installed serves, and what is said of it until then."""

from __future__ import annotations

import pytest

from mockcloud.lab.components.rollout import is_ready, waits_for
from testkit import objects


def daemon_set(*, wanted=3, ready=3, seen=2):
    status = {"observedGeneration": seen, "desiredNumberScheduled": wanted, "numberReady": ready}
    return objects.daemon_set("speaker", metadata={"generation": 2}, status=status)


def deployment(*, wanted=2, status=None):
    return objects.deployment("controller", replicas=wanted, metadata={"generation": 1}, status=status or {})


def pod(status, node="node-1"):
    return objects.pod("speaker-x", status=status, nodeName=node, metadata={"uid": "7"})


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(daemon_set(), True, id="a-pod-each-node"),
        pytest.param(daemon_set(ready=2), False, id="one-lacks"),
        pytest.param(daemon_set(wanted=0, ready=0), False, id="no-node-yet"),
        pytest.param(daemon_set(seen=1), False, id="status-of-an-earlier-template"),
        pytest.param(deployment(), False, id="no-status-yet"),
        pytest.param(
            deployment(status={"observedGeneration": 1, "readyReplicas": 1}), False, id="one-of-two"
        ),
        pytest.param(deployment(status={"observedGeneration": 1, "readyReplicas": 2}), True, id="all"),
    ],
)
def test_it_is_ready_when_its_controller_says_so_of_what_it_is_now(found, expected):
    """All pods that it wants now, and none counted that an earlier template made."""
    assert is_ready(found) is expected


@pytest.mark.parametrize(
    ("status", "said"),
    [
        pytest.param({}, "not ready yet", id="nothing-known"),
        pytest.param(
            {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes fit"}]},
            "0/3 nodes fit",
            id="no-node",
        ),
        pytest.param(
            {"containerStatuses": [{"state": {"waiting": {"reason": "ErrImagePull", "message": "none"}}}]},
            "ErrImagePull: none",
            id="no-image",
        ),
        pytest.param(
            {
                "containerStatuses": [
                    {
                        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                        "lastState": {
                            "terminated": {"exitCode": 1, "message": "trace\nno such option: --x\n"}
                        },
                    }
                ]
            },
            "it ended with exit code 1: no such option: --x",
            id="it-crashes",
        ),
    ],
)
def test_a_pod_that_is_not_ready_is_named_with_its_reason(status, said):
    """Where it is, and what its own status tells."""
    assert waits_for([], [pod(status)], []) == f"pod/speaker-x on node-1: {said}"


def test_what_lacks_is_counted_and_events_are_reasons():
    """The newest Warning about a pod; ready pods and workloads are not mentioned."""
    fine = pod({"conditions": [{"type": "Ready", "status": "True"}]})
    events = [
        {"involvedObject": {"uid": "7"}, "message": "old"},
        {"involvedObject": {"uid": "7"}, "message": "Readiness probe failed"},
        {"involvedObject": {}, "message": "of nobody"},
    ]

    said = waits_for([daemon_set(ready=2), deployment(wanted=0)], [fine, pod({}, node="")], events)

    assert said == (
        "daemonset/speaker has 2 of 3 pods ready; deployment/controller has 0 of 0 pods ready; "
        "pod/speaker-x: Readiness probe failed"
    )


def test_of_several_pods_the_one_that_tells_most_is_named():
    """That a container is being created is no news."""
    creating = {"containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"}}}]}
    crashed = {"containerStatuses": [{"state": {}, "lastState": {"terminated": {"exitCode": 3}}}]}
    first, other = pod(creating), {**pod(crashed), "metadata": {"name": "z", "uid": "8"}}

    assert waits_for([], [first, other], []) == "pod/z on node-1: it ended with exit code 3"
    assert waits_for([], [first], []) == "pod/speaker-x on node-1: ContainerCreating"
