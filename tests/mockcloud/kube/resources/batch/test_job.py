"""Jobs: what they get, and the rules that a real API was not asked about (conformance: test_batch)."""

import pytest

from mockcloud.kube.resources.batch.job import JOB, with_selector
from testkit import objects


def stored(**fields):
    """As the registry makes it: what it gets before it has a uid, and then."""
    body = JOB.defaults(objects.job("once", metadata={"namespace": "default"}, **fields))
    return JOB.defaults(with_selector({**body, "metadata": {**body["metadata"], "uid": "u"}}))


def texts(new, old=None):
    return [str(cause) for cause in JOB.problems(new, old)]


def test_a_job_selects_by_its_own_uid():
    """So its pods are nobody else's; the labels are the Job's own, too."""
    job = stored(labels={"app": "x"})
    assert job["spec"]["selector"] == {"matchLabels": {"batch.kubernetes.io/controller-uid": "u"}}
    assert job["metadata"]["labels"] == job["spec"]["template"]["metadata"]["labels"]
    assert (job["spec"]["completions"], job["spec"]["backoffLimit"]) == (1, 6)
    assert texts(job, job) == []


def test_labels_of_a_jobs_own_are_all_that_it_has():
    """Though its pods have the same: upstream's are one map with theirs only where none were given."""
    template = {"metadata": {"labels": {"app": "x"}}}
    job = {"metadata": {"name": "once", "labels": {"app": "x"}}, "spec": {"template": template}}
    made = JOB.defaults(job)
    made = with_selector({**made, "metadata": {**made["metadata"], "uid": "u"}})
    assert made["metadata"]["labels"] == {"app": "x"}
    assert len(made["spec"]["template"]["metadata"]["labels"]) == 5


@pytest.mark.parametrize(
    ("before", "status", "found"),
    [
        pytest.param({}, {"active": 1, "ready": 1}, [], id="right"),
        pytest.param(
            {"failed": 2},
            {"failed": 1},
            ["status.failed: Invalid value: 1: cannot decrease the failed counter"],
            id="back",
        ),
        pytest.param(
            {},
            {"ready": 2, "active": 1},
            ["status.ready: Invalid value: 2: cannot set more ready pods than active"],
            id="more-ready-than-active",
        ),
        pytest.param(
            {},
            {"completedIndexes": "0"},
            [
                'status.completedIndexes: Invalid value: "0": '
                "cannot set non-empty completedIndexes when non-indexed completion mode"
            ],
            id="indexes",
        ),
        pytest.param(
            {"startTime": "2026-12-01T12:00:00Z"},
            {},
            ["status.startTime: Required value: startTime cannot be removed for unsuspended job"],
            id="start",
        ),
        pytest.param(
            {},
            {"conditions": [{"type": "Failed", "status": "True"}], "active": 1},
            [
                "status.active: Invalid value: 1: active>0 is invalid for finished job",
                "status.conditions: Invalid value: "
                "cannot set Failed=True condition without the FailureTarget=true condition",
            ],
            id="end",
        ),
    ],
)
def test_statuses(before, status, found):
    """One row a rule."""
    job = stored()
    assert texts({**job, "status": status}, {**job, "status": before}) == found


@pytest.mark.parametrize(
    ("spec", "status", "shown"),
    [
        pytest.param({}, {}, ["Running", "0/1", ""], id="new"),
        pytest.param({"parallelism": 3}, {"succeeded": 1}, ["Running", "1/1 of 3", ""], id="any-number"),
        pytest.param(
            {},
            {
                "succeeded": 1,
                "startTime": "2026-12-01T12:00:00Z",
                "completionTime": "2026-12-01T12:00:09Z",
                "conditions": [
                    {"type": each, "status": "True"} for each in ("SuccessCriteriaMet", "Complete")
                ],
            },
            ["Complete", "1/1", "9s"],
            id="complete",
        ),
    ],
)
def test_columns(spec, status, shown):
    """STATUS, COMPLETIONS and DURATION."""
    assert JOB.printer.row({**stored(**spec), "status": status}, 0.0)[1:4] == shown
