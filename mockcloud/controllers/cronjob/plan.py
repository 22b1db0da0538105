"""CronJob -> which Job is due, which go, and what its status says."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.adoption.plan import controller_reference
from mockcloud.controllers.cronjob.objects import CronJob
from mockcloud.controllers.objects.jobs import Job

MANY: Final = 100
SCHEDULED: Final = "batch.kubernetes.io/cronjob-scheduled-timestamp"
JOBS_KEPT: Final = ("Complete", "Failed")
TOO_MANY_MISSED: Final = (
    "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"
)


@dataclass(frozen=True, slots=True)
class Told:
    """An Event."""

    reason: str
    message: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now."""

    due: datetime | None = None  # the time that a Job is to be made for
    replaced: tuple[Object, ...] = ()  # active Jobs (references) that have to go first
    wait: float | None = None  # seconds until the next time
    events: tuple[Told, ...] = ()


def plan(cron_job: CronJob, active: Sequence[Object], now: datetime) -> Plan:
    """The Job that is due; `active` are references to those that have not ended."""
    if cron_job.meta.deleting or cron_job.suspended:
        return Plan()
    if cron_job.schedule is None:
        return Plan(events=(Told("UnparseableSchedule", cron_job.unreadable, warning=True),))
    due, missed = _due(cron_job, now)
    following = cron_job.schedule.after(now, cron_job.zone)
    wait = None if following is None else (following - now).total_seconds()
    events = [Told("TooManyMissedTimes", TOO_MANY_MISSED, warning=True)] if missed > MANY else []
    if due is None or due == cron_job.last:
        return Plan(wait=wait)
    if cron_job.deadline is not None and due + timedelta(seconds=cron_job.deadline) < now:
        at = due.strftime("%a, %d %b %Y %H:%M:%S +0000")
        events.append(Told("MissSchedule", f"Missed scheduled time to start a job: {at}", warning=True))
        return Plan(wait=wait, events=tuple(events))
    if cron_job.concurrency == "Forbid" and active:
        why = "Not starting job because prior execution is running and concurrency policy is Forbid"
        return Plan(wait=wait, events=(*events, Told("JobAlreadyActive", why)))
    replaced = tuple(active) if cron_job.concurrency == "Replace" else ()
    return Plan(due, replaced, wait, tuple(events))


def surplus(cron_job: CronJob, jobs: Iterable[Job]) -> list[Job]:
    """Finished Jobs beyond those that stay, the oldest first."""
    limits = dict(zip(JOBS_KEPT, (cron_job.kept_successful, cron_job.kept_failed), strict=True))
    held = list(jobs)
    found: list[Job] = []
    for kind, limit in limits.items():
        ended = sorted((job for job in held if job.condition(kind) and not job.meta.deleting), key=_begin)
        if limit is not None:
            found += ended[: max(0, len(ended) - limit)]
    return found


def job_of(cron_job: CronJob, due: datetime) -> Object:
    """The Job for that time; its name is the time's, so that it is not made twice."""
    template, metadata = cron_job.template, cron_job.template.get("metadata") or {}
    notes = {**(metadata.get("annotations") or {}), SCHEDULED: _told(due, cron_job)}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"{cron_job.meta.name}-{int(due.timestamp()) // 60}",
            "namespace": cron_job.meta.namespace,
            "annotations": notes,
            **({"labels": metadata["labels"]} if metadata.get("labels") else {}),
            "ownerReferences": [controller_reference("batch/v1", "CronJob", cron_job.meta)],
        },
        "spec": template["spec"],
    }


def reconciled(cron_job: CronJob, jobs: Iterable[Job]) -> tuple[Object, list[Told]]:
    """The status without Jobs that have ended or are gone, and what is to be told of them."""
    by_uid = {job.meta.uid: job for job in jobs}
    active: list[Object] = []
    events: list[Told] = []
    for reference in cron_job.active:
        job = by_uid.get(reference["uid"])
        if job is None:
            events.append(Told("MissingJob", f"Active job went missing: {reference['name']}"))
        elif job.end:
            said = f"Saw completed job: {job.meta.name}, condition: {job.end['type']}"
            events.append(Told("SawCompletedJob", said))
        else:
            active.append(reference)
    listed = {reference["uid"] for reference in cron_job.active}
    for job in by_uid.values():
        if not job.end and job.meta.uid not in listed:
            said = f"Saw a job that the controller did not create or forgot: {job.meta.name}"
            events.append(Told("UnexpectedJob", said, warning=True))
    return _status(cron_job, by_uid.values(), active), events


def with_active(status: Object, made: Object, due: datetime) -> Object:
    """The status with a Job that has been made."""
    metadata = made["metadata"]
    reference = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        **{key: metadata[key] for key in ("name", "namespace", "resourceVersion", "uid")},
    }
    return {**status, "active": [*status.get("active", ()), reference], "lastScheduleTime": _utc(due)}


def _status(cron_job: CronJob, jobs: Iterable[Job], active: Sequence[Object]) -> Object:
    status = {key: value for key, value in cron_job.status.items() if key != "active"}
    if active:
        status["active"] = list(active)
    ends = [str(job.status["completionTime"]) for job in jobs if job.status.get("completionTime")]
    latest = max([*ends, status.get("lastSuccessfulTime") or ""])
    return {**status, "lastSuccessfulTime": latest} if latest else status


def _due(cron_job: CronJob, now: datetime) -> tuple[datetime | None, int]:
    """The last time that has come since the last Job (or since the CronJob is there), and how many have."""
    earliest = cron_job.last or cron_job.meta.created
    if cron_job.deadline is not None:
        earliest = max(earliest, now - timedelta(seconds=cron_job.deadline))
    times = list(_times(cron_job, earliest, now))
    if len(times) <= MANY:
        return (times[-1] if times else None), len(times)
    # Of very many only the last counts: look on from shortly before now, by the longest of the first gaps.
    gap = max(after - before for before, after in pairwise(times))
    late = list(_times(cron_job, max(times[-1], now - gap * 2), now))
    return (late or times)[-1], len(times)


def _times(cron_job: CronJob, begin: datetime, now: datetime) -> Iterator[datetime]:
    """The first times after `begin` up to now, no more than tell that there are many."""
    moment = begin
    for _ in range(MANY + 1):
        found = cron_job.schedule.after(moment, cron_job.zone) if cron_job.schedule else None
        if found is None or found > now:
            return
        yield found
        moment = found


def _begin(job: Job) -> tuple[float, str]:
    return (job.started or job.meta.created).timestamp(), job.meta.name


def _told(due: datetime, cron_job: CronJob) -> str:
    text = due.astimezone(cron_job.zone).isoformat(timespec="seconds")
    return text.replace("+00:00", "Z")


def _utc(due: datetime) -> str:
    return due.strftime("%Y-%m-%dT%H:%M:%SZ")
