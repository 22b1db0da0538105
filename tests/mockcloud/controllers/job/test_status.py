"""A Job's status: pods are listed, let go, then counted; the end comes when nothing is left to count."""

from mockcloud.controllers.job.plan import plan
from mockcloud.controllers.job.status import Done, settled, status_patch

INDEXED = {"completionMode": "Indexed", "completions": 3, "parallelism": 3}


def after(make, job, *pods, gone=()):
    scene = make.scene(job, *pods)
    todo = plan(scene)
    return settled(scene, todo, Done(len(todo.create), frozenset(gone)))


def types(settlement):
    return [each["type"] for each in settlement.status.get("conditions", ())]


def test_a_pod_is_listed_when_it_is_let_go_and_counted_when_it_is(make):
    """So it is counted once, whoever dies in between; then the Job is complete."""
    first = after(make, make.job(completions=1), make.done("a"))
    assert first.status["uncountedTerminatedPods"] == {"succeeded": ["a"]}
    assert "succeeded" not in first.status
    assert [pod.meta.name for pod in first.release] == ["a"]
    assert types(first) == ["SuccessCriteriaMet"]
    again = after(make, make.job(completions=1, status=first.status), make.done("a"))
    assert again.status["uncountedTerminatedPods"] == {"succeeded": ["a"]}
    assert types(again) == ["SuccessCriteriaMet"]
    last = after(make, make.job(completions=1, status=first.status), make.done("a", counted=True))
    assert (last.status["succeeded"], last.status["uncountedTerminatedPods"]) == (1, {})
    assert types(last) == ["SuccessCriteriaMet", "Complete"]
    assert last.status["completionTime"] == "2026-12-01T12:00:00Z"
    assert last.events == (("Completed", "Job completed", False),)


def test_a_job_ends_when_its_pods_have(make):
    """What is active at the verdict is ended and counts as failed; who does not go yet is waited for."""
    job = make.job(completions=2, parallelism=2, backoffLimit=0)
    pods = make.failed("a"), make.pod("b")
    assert types(after(make, job, *pods)) == [], "b could not be ended"
    found = after(make, job, *pods, gone=["b"])
    assert types(found) == ["FailureTarget"]
    assert found.status["uncountedTerminatedPods"] == {"failed": ["a", "b"]}
    assert (found.status.get("active"), found.status["terminating"]) == (None, 1)
    leaving = make.pod("b", deleting=True, counted=True)
    job = make.job(completions=2, backoffLimit=0, status=found.status)
    assert types(after(make, job, leaving)) == ["FailureTarget"]
    ended = after(make, job)
    assert (types(ended), ended.status["failed"]) == (["FailureTarget", "Failed"], 2)


def test_an_index_is_counted_by_its_name(make):
    """A pod of an index that is done is none more; a failed one of its own limit stays for its successor."""
    job = make.job(**INDEXED, backoffLimitPerIndex=1, status={"completedIndexes": "0", "succeeded": 1})
    pods = make.done("a", index=0), make.done("b", index=1), make.failed("c", index=2)
    found = after(make, job, *pods)
    assert (found.status["completedIndexes"], found.status["succeeded"]) == ("0,1", 2)
    assert found.status["failedIndexes"] == ""
    assert [pod.meta.name for pod in found.release] == ["a", "b"]


def test_what_a_policy_ignores_is_let_go_and_counts_as_nothing(make):
    """A pod that was disrupted has not failed."""
    rule = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    job = make.job(completions=1, podFailurePolicy={"rules": [rule]})
    found = after(make, job, make.failed("a", ago=60, conditions=["DisruptionTarget"]))
    assert found.status["uncountedTerminatedPods"] == {}
    assert len(found.release) == 1


def test_being_resumed_starts_the_clock_anew(make):
    """Its deadline is for the time that it runs."""
    suspended = after(make, make.job(suspend=True))
    assert (types(suspended), "startTime" in suspended.status) == (["Suspended"], False)
    resumed = after(make, make.job(status={**suspended.status, "startTime": "2026-01-01T00:00:00Z"}))
    assert [each["status"] for each in resumed.status["conditions"]] == ["False"]
    assert resumed.status["startTime"] == "2026-12-01T12:00:00Z"


def test_lists_that_are_empty_again_are_removed_by_the_patch(make):
    """A merge patch with an empty object would leave them."""
    present = {"uncountedTerminatedPods": {"succeeded": ["a"]}, "active": 1}
    wanted = {"uncountedTerminatedPods": {}}
    assert status_patch(present, wanted) == {
        "status": {"uncountedTerminatedPods": {"succeeded": None, "failed": None}, "active": None}
    }
    assert status_patch(wanted, wanted) is None
