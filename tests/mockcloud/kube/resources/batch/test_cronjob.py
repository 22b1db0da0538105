"""CronJobs: what a real API was not asked about (conformance: test_batch)."""

from mockcloud.kube.resources.batch.cronjob import CRON_JOB
from testkit import objects


def stored(schedule="@daily", **fields):
    return CRON_JOB.defaults(objects.cron_job("tick", schedule, **fields))


def test_a_zone_within_the_schedule_stays_where_it_was_before_it_was_refused():
    """As upstream lets stored ones be."""
    old = stored("TZ=UTC 0 0 * * *")
    assert [str(cause) for cause in CRON_JOB.problems(old, old)] == []
    (cause,) = CRON_JOB.problems({**old, "spec": {**old["spec"], "timeZone": "UTC"}}, old)
    assert cause.message.endswith("cannot use both timeZone field and TZ or CRON_TZ in schedule")


def test_a_name_has_room_for_the_time():
    """Its Jobs' names end with it."""
    long = stored()
    long["metadata"]["name"] = "x" * 53
    assert [cause.field for cause in CRON_JOB.problems(long, None)] == ["metadata.name"]


def test_columns():
    """As `kubectl get cronjobs` shows them."""
    obj = {**stored(timeZone="UTC"), "status": {"active": [{}], "lastScheduleTime": "2026-12-01T00:00:00Z"}}
    assert CRON_JOB.printer.row(obj, 1796083260.0)[1:6] == ["@daily", "UTC", "False", 1, "60s"]
