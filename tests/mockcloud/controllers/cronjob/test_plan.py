"""Which Job of a CronJob is due, and which of its Jobs go."""

from datetime import UTC, datetime

import pytest

from mockcloud.controllers.cronjob.objects import parse_cron_job
from mockcloud.controllers.cronjob.plan import job_of, plan, reconciled, surplus, with_active
from mockcloud.controllers.objects.jobs import parse_job
from testkit import objects

NOON = datetime(2026, 12, 1, 12, 0, 5, tzinfo=UTC)
RUNNING = {"name": "tick-1", "namespace": "default", "uid": "tick-1"}


def cron_job(schedule="*/5 * * * *", created="11:58", last=None, active=(), **spec):
    status = {"active": list(active), **({"lastScheduleTime": f"2026-12-01T{last}:00Z"} if last else {})}
    meta = {"uid": "c", "creationTimestamp": f"2026-12-01T{created}:00Z"}
    return parse_cron_job(objects.cron_job("tick", schedule, metadata=meta, status=status, **spec))


def job(name, end="", begun="11:00"):
    conditions = [{"type": end, "status": "True"}] if end else []
    status = {"conditions": conditions, "startTime": f"2026-12-01T{begun}:00Z"}
    if end == "Complete":
        status["completionTime"] = f"2026-12-01T{begun}:30Z"
    return parse_job(objects.job(name, metadata={"uid": name}, status=status))


@pytest.mark.parametrize(
    ("spec", "active", "due", "events"),
    [
        pytest.param({}, [], "12:00", [], id="due"),
        pytest.param({"created": "12:00"}, [], None, [], id="not-yet"),
        pytest.param({"last": "12:00"}, [], None, [], id="made-already"),
        pytest.param({"created": "11:00"}, [], "12:00", [], id="of-several-the-last"),
        pytest.param({"suspend": True}, [], None, [], id="suspended"),
        pytest.param(
            {"schedule": "0 * * * *", "timeZone": "Asia/Kolkata"}, [], None, [], id="half-past-there"
        ),
        pytest.param({"concurrencyPolicy": "Forbid"}, [RUNNING], None, ["JobAlreadyActive"], id="forbidden"),
        pytest.param({"concurrencyPolicy": "Forbid"}, [], "12:00", [], id="allowed-again"),
        pytest.param({"startingDeadlineSeconds": 4}, [], None, [], id="too-late"),
        pytest.param(
            {"schedule": "* * * * *", "created": "01:00"},
            [],
            "12:00",
            ["TooManyMissedTimes"],
            id="many-missed",
        ),
        pytest.param({"schedule": "x"}, [], None, ["UnparseableSchedule"], id="unreadable"),
    ],
)
def test_due(spec, active, due, events):
    """One row a rule; it is five seconds past noon."""
    found = plan(cron_job(**spec), active, NOON)
    assert (found.due.strftime("%H:%M") if found.due else None) == due
    assert [each.reason for each in found.events] == events


def test_the_next_time_is_waited_for():
    """Whether or not a Job is made now."""
    assert plan(cron_job(), [], NOON).wait == 295


def test_what_runs_may_have_to_go_first():
    """concurrencyPolicy Replace."""
    assert plan(cron_job(concurrencyPolicy="Replace"), [RUNNING], NOON).replaced == (RUNNING,)


def test_the_last_of_each_end_stay():
    """By default three that are complete, and one that failed."""
    jobs = [job(f"c{hour}", "Complete", f"0{hour}:00") for hour in (5, 2, 3, 4)]
    jobs += [job("f1", "Failed", "01:00"), job("f2", "Failed", "02:00"), job("r")]
    of = cron_job(successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
    assert [each.meta.name for each in surplus(of, jobs)] == ["c2", "f1"]
    assert surplus(cron_job(), jobs) == []


def test_jobs_that_have_ended_are_active_no_more():
    """Each is told of, as are those that nobody made."""
    active = [{**RUNNING, "uid": uid, "name": uid} for uid in ("a", "b", "gone")]
    of = cron_job(active=active)
    status, events = reconciled(of, [job("a", "Complete"), job("b"), job("other")])
    assert [each["name"] for each in status["active"]] == ["b"]
    assert status["lastSuccessfulTime"] == "2026-12-01T11:00:30Z"
    assert [each.reason for each in events] == ["SawCompletedJob", "MissingJob", "UnexpectedJob"]


def test_a_job_is_named_by_its_time():
    """So it is not made twice, and says which time it is for, as it is told there."""
    of = cron_job(timeZone="Europe/Berlin")
    due = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
    made = job_of(of, due)
    assert made["metadata"]["name"] == f"tick-{int(due.timestamp()) // 60}"
    assert made["metadata"]["annotations"] == {
        "batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-12-01T13:00:00+01:00"
    }
    made["metadata"] |= {"uid": "j", "resourceVersion": "7"}
    status = with_active({}, made, due)
    assert status["lastScheduleTime"] == "2026-12-01T12:00:00Z"
    assert status["active"][0]["uid"] == "j"
