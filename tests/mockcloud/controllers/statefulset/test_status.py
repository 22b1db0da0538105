"""What the status counts."""

import pytest

from mockcloud.controllers.statefulset.status import stateful_set_status


def test_during_an_update_both_revisions_are_counted(make):
    """A pod that leaves is a replica still, of no revision."""
    pods = [make.pod("db-0", revision="old"), make.pod("db-1", "leaving", "old"), make.pod("db-2", "running")]
    assert stateful_set_status(make.set(), pods, "old", "new", make.now) == {
        "observedGeneration": 4,
        "replicas": 3,
        "readyReplicas": 2,
        "availableReplicas": 2,
        "currentReplicas": 1,
        "updatedReplicas": 1,
        "currentRevision": "old",
        "updateRevision": "new",
        "collisionCount": 0,
    }


@pytest.mark.parametrize(
    ("strategy", "current"), [("RollingUpdate", "new"), ("OnDelete", "old")], ids=["rolling", "on-delete"]
)
def test_a_complete_update_makes_the_new_revision_the_current_one(make, strategy, current):
    """Where updates are the set's own business."""
    pods = [make.pod(f"db-{ordinal}") for ordinal in range(3)]
    found = stateful_set_status(make.set(updateStrategy={"type": strategy}), pods, "old", "new", make.now)
    assert found["currentRevision"] == current
    assert found.get("currentReplicas", 0) == (3 if current == "new" else 0)


def test_available_is_ready_for_long_enough(make):
    """minReadySeconds."""
    found = stateful_set_status(
        make.set(minReadySeconds=30), [make.pod("db-0", since=10)], "new", "new", make.now
    )
    assert (found["readyReplicas"], found["availableReplicas"]) == (1, 0)
