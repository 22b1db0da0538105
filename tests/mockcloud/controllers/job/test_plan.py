"""What a Job's controller does with its pods, and when it says that the Job is over."""

from datetime import timedelta

import pytest

from mockcloud.controllers.job.backoff import Record
from mockcloud.controllers.job.plan import plan

INDEXED = {"completionMode": "Indexed", "completions": 3, "parallelism": 3}
FAIL_JOB = {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [3]}}
RULES = {"podFailurePolicy": {"rules": [FAIL_JOB]}}


@pytest.mark.parametrize(
    ("spec", "pods", "create", "remove"),
    [
        pytest.param({"completions": 1}, [], 1, [], id="the-first"),
        pytest.param({"completions": 5, "parallelism": 2}, ["a"], 1, [], id="as-many-at-a-time"),
        pytest.param({"completions": 1, "parallelism": 3}, [], 1, [], id="no-more-than-are-missing"),
        pytest.param({"parallelism": 3}, ["a"], 2, [], id="without-a-number-of-completions"),
        pytest.param({"completions": 5, "parallelism": 1}, ["a", "b"], 0, ["a"], id="too-many"),
        pytest.param({"completions": 1, "suspend": True}, ["a"], 0, ["a"], id="suspended"),
        pytest.param({"completions": 900, "parallelism": 900}, [], 500, [], id="bounded"),
    ],
)
def test_how_many(make, spec, pods, create, remove):
    """One row a rule; `pods` run."""
    found = plan(make.scene(make.job(**spec), *(make.pod(name) for name in pods)))
    assert (len(found.create), [pod.meta.name for pod in found.remove]) == (create, remove)
    assert found.verdict is None


def test_the_next_pod_waits_longer_after_each_failure(make):
    """10 s after the first, counted from its end; the records of earlier ones count on."""
    job = make.job(completions=1, backoffLimit=9)
    assert plan(make.scene(job, make.failed("a", ago=4))).wait == 6
    assert plan(make.scene(job, make.failed("a", ago=10))).create == (None,)
    earlier = Record(2, make.now - timedelta(seconds=30))
    assert plan(make.scene(job, make.failed("a", ago=1), record=earlier)).wait == 39


def test_a_pod_that_is_told_to_end_is_replaced_at_once_or_when_it_has(make):
    """spec.podReplacementPolicy: by default it counts as failed at once."""
    leaving = make.pod("a", deleting=True, ago=60)
    failed = plan(make.scene(make.job(completions=1), leaving)).tally.failed
    waits = make.job(completions=1, podReplacementPolicy="Failed")
    found = plan(make.scene(waits, leaving))
    assert (failed, found.tally.failed, found.create) == (1, 0, ())


def test_indexes_are_made_from_the_lowest_and_only_once(make):
    """Those that are done, taken or lost are left out; one that is twice is ended."""
    job = make.job(**{**INDEXED, "completions": 5}, status={"completedIndexes": "0"})
    assert plan(make.scene(job, make.pod("a", index=2))).create == (1, 3)
    twice = [make.pod(name, index=1, ago=ago) for name, ago in (("a", 9), ("b", 0))]
    removed = plan(make.scene(job, *twice, make.pod("c", index=7))).remove
    assert {pod.meta.name for pod in removed} == {"b", "c"}


def test_each_index_has_its_own_wait_and_limit(make):
    """A pod that failed stays until another of its index is there."""
    job = make.job(**INDEXED, backoffLimitPerIndex=2)
    pods = [make.failed("a", index=0, ago=3), make.pod("b", index=1), make.pod("c", index=2)]
    assert (plan(make.scene(job, *pods)).create, plan(make.scene(job, *pods)).wait) == ((), 7)
    again = [make.failed("a", index=0, failures=2), *pods[1:]]
    assert plan(make.scene(job, *again)).tally.lost == {0}


@pytest.mark.parametrize(
    ("spec", "pods", "reason"),
    [
        pytest.param({"completions": 1}, [("done", {})], "CompletionsReached", id="done"),
        pytest.param({"parallelism": 2}, [("done", {})], "CompletionsReached", id="one-of-any-number"),
        pytest.param({"completions": 0}, [], "CompletionsReached", id="none-wanted"),
        pytest.param(
            {"completions": 2, "parallelism": 2, "backoffLimit": 0},
            [("failed", {})],
            "BackoffLimitExceeded",
            id="failures",
        ),
        pytest.param(
            {"completions": 1, "backoffLimit": 2, "pod_spec": {"restartPolicy": "OnFailure"}},
            [("pod", {"restarts": 2})],
            "BackoffLimitExceeded",
            id="restarts",
        ),
        pytest.param({"completions": 1, **RULES}, [("failed", {"code": 3})], "PodFailurePolicy", id="policy"),
        pytest.param(
            {**INDEXED, "backoffLimitPerIndex": 0, "maxFailedIndexes": 0},
            [("failed", {"index": 1})],
            "MaxFailedIndexesExceeded",
            id="too-many-indexes",
        ),
        pytest.param(
            {**INDEXED, "completions": 2, "backoffLimitPerIndex": 0},
            [("failed", {"index": 1}), ("done", {"index": 0})],
            "FailedIndexes",
            id="some-indexes",
        ),
        pytest.param(
            {**INDEXED, "successPolicy": {"rules": [{"succeededIndexes": "2"}]}},
            [("done", {"index": 2}), ("pod", {"index": 0})],
            "SuccessPolicy",
            id="enough",
        ),
    ],
)
def test_why_it_ends(make, spec, pods, reason):
    """One row a reason."""
    made = [getattr(make, how)(f"p{number}", **more) for number, (how, more) in enumerate(pods)]
    found = plan(make.scene(make.job(**spec), *made))
    assert found.verdict
    assert found.verdict.reason == reason
    assert found.create == ()


def test_its_clock_runs_while_it_is_not_suspended(make):
    """activeDeadlineSeconds."""
    begun = {"startTime": (make.now - timedelta(seconds=8)).isoformat()}
    running = make.pod("a")
    assert plan(make.scene(make.job(activeDeadlineSeconds=9, status=begun), running)).wait == 1
    found = plan(make.scene(make.job(activeDeadlineSeconds=8, status=begun), running))
    assert found.verdict
    assert (found.verdict.reason, found.end) == ("DeadlineExceeded", (running,))
    assert plan(make.scene(make.job(activeDeadlineSeconds=8, suspend=True, status=begun))).verdict is None


def test_nothing_is_made_for_a_job_that_is_being_deleted(make):
    """Its pods are the garbage collector's."""
    assert plan(make.scene(make.job(completions=1, deleting=True))).create == ()
