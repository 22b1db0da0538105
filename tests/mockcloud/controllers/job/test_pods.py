"""A Job's pods as it makes them."""

from mockcloud.controllers.job.pods import FAILURES, FINALIZER, IGNORED, INDEX, LONGEST_STEM, made_pod

INDEXED = {"completionMode": "Indexed", "completions": 3, "parallelism": 3}


def test_each_pod_is_held_until_it_is_counted(make):
    """And belongs to the Job."""
    made = made_pod(make.job(), None, None, ignored=False)["metadata"]
    assert made["finalizers"] == [FINALIZER]
    assert made["generateName"] == "once-"
    assert made["ownerReferences"][0]["kind"] == "Job"


def test_a_successor_says_how_many_failed_before_it(make):
    """Failures that a policy ignores are told apart."""
    job = make.job(**INDEXED, backoffLimitPerIndex=3)
    failed = make.failed("a", index=1, failures=1)
    assert made_pod(job, 1, failed, ignored=False)["metadata"]["annotations"] == {INDEX: "1", FAILURES: "2"}
    notes = made_pod(job, 1, failed, ignored=True)["metadata"]["annotations"]
    assert notes == {INDEX: "1", FAILURES: "1", IGNORED: "1"}


def test_the_index_is_part_of_the_name_however_long_the_jobs_is(make):
    """The API adds five letters to the stem."""
    job = make.job(**INDEXED)
    stem = made_pod(job, 12, None, ignored=False)["metadata"]["generateName"]
    assert stem == "once-12-"
    assert len(stem) <= LONGEST_STEM
