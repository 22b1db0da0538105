"""What a DaemonSet's status counts."""

from mockcloud.controllers.daemonset.status import daemon_set_status


def test_nodes_are_counted_not_pods(make):
    """While a node has an old pod beside a new one, it is not updated."""
    nodes = [*(make.node(name) for name in "abcd"), make.node("e", taints=["gpu=NoSchedule"])]
    pods = {"a": "", "b": "running", "c": ["old", ""], "e": ""}
    assert daemon_set_status(make.scene(make.set(), pods, nodes)) == {
        "desiredNumberScheduled": 4,
        "currentNumberScheduled": 3,
        "numberMisscheduled": 1,
        "numberReady": 2,
        "updatedNumberScheduled": 2,
        "numberAvailable": 2,
        "numberUnavailable": 2,
        "observedGeneration": 4,
    }


def test_what_is_zero_and_optional_is_left_out(make):
    """Without nodes there is nothing to lack."""
    found = daemon_set_status(make.scene(make.set(status={"collisionCount": 2}), {}, []))
    assert found == {
        "desiredNumberScheduled": 0,
        "currentNumberScheduled": 0,
        "numberMisscheduled": 0,
        "numberReady": 0,
        "observedGeneration": 4,
        "collisionCount": 2,
    }
