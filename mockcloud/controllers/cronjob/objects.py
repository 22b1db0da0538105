"""A CronJob as its controller sees it."""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.metadata import Meta, moment, parse_meta
from mockcloud.cron import MalformedSchedule, Schedule, parse_schedule


@dataclass(frozen=True, slots=True)
class CronJob:
    """When Jobs are to be made, and of what."""

    meta: Meta
    schedule: Schedule | None  # None where it cannot be followed: `unreadable` says why
    zone: tzinfo
    suspended: bool
    concurrency: str
    deadline: int | None  # seconds after which a Job that was missed is not made
    kept_successful: int | None
    kept_failed: int | None
    template: Object = field(compare=False)
    last: datetime | None  # the time that the last Job was for
    active: tuple[Object, ...] = field(compare=False)
    status: Object = field(compare=False)
    unreadable: str = ""


def parse_cron_job(obj: Object) -> CronJob:
    """From a batch/v1 CronJob."""
    spec, status = obj["spec"], obj.get("status") or {}
    schedule, unreadable, zone = None, "", ZoneInfo("UTC")
    try:
        zone = ZoneInfo(spec.get("timeZone") or "UTC")
        schedule = parse_schedule(spec["schedule"])
    except (MalformedSchedule, OSError, ValueError, KeyError) as exc:
        unreadable = str(exc)
    return CronJob(
        meta=parse_meta(obj),
        schedule=schedule,
        zone=zone,
        suspended=bool(spec.get("suspend")),
        concurrency=spec.get("concurrencyPolicy") or "Allow",
        deadline=spec.get("startingDeadlineSeconds"),
        kept_successful=spec.get("successfulJobsHistoryLimit"),
        kept_failed=spec.get("failedJobsHistoryLimit"),
        template=spec.get("jobTemplate") or {},
        last=moment(status.get("lastScheduleTime")),
        active=tuple(status.get("active") or ()),
        status=status,
        unreadable=unreadable,
    )
