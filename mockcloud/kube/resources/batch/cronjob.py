"""CronJobs: Jobs by a schedule."""

from collections.abc import Iterator
from dataclasses import replace
from re import fullmatch
from typing import Final
from zoneinfo import ZoneInfo

from mockcloud.cron import MalformedSchedule, parse_schedule
from mockcloud.kube.field_errors import Cause, invalid, not_supported, required
from mockcloud.kube.json_types import JsonObject, filled, object_at, objects_at
from mockcloud.kube.resources.batch.job import with_condition_statuses
from mockcloud.kube.resources.batch.job_rules import job_spec_problems
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.pods.templates import TEMPLATE_COLUMNS, template_cells, with_template_defaults
from mockcloud.kube.resources.printing import (
    NONE,
    Cell,
    Column,
    Printer,
    age,
    integers,
    name_of,
    since,
    texts,
)
from mockcloud.kube.resources.validation.numbers import not_negative

CONCURRENCY: Final = ("Allow", "Forbid", "Replace")
LONGEST_NAME: Final = 52  # its Jobs' names have eleven characters more
HISTORY: Final = ("successfulJobsHistoryLimit", "failedJobsHistoryLimit")
JOB_SPEC: Final = "spec.jobTemplate.spec"


def cron_job_defaults(obj: JsonObject) -> JsonObject:
    """Jobs may overlap, and the last few stay; the Jobs get their own defaults when they are made."""
    spec = filled(
        object_at(obj, "spec"),
        concurrencyPolicy="Allow",
        suspend=False,
        successfulJobsHistoryLimit=3,
        failedJobsHistoryLimit=1,
    )
    template = object_at(spec, "jobTemplate")
    job = with_condition_statuses(with_template_defaults(object_at(template, "spec")))
    return {**obj, "spec": {**spec, "jobTemplate": {"metadata": {}, **template, "spec": job}}}


def cron_job_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """A schedule that can be followed, and a Job that could be made."""
    spec, before = object_at(new, "spec"), object_at(old or {}, "spec")
    if not spec.get("schedule"):
        yield required("spec.schedule")
    else:
        yield from _schedule(spec, before)
    yield from not_negative("spec.startingDeadlineSeconds", spec.get("startingDeadlineSeconds"))
    if old is None or spec.get("timeZone") != before.get("timeZone"):
        yield from _time_zone(spec.get("timeZone"))
    if spec.get("concurrencyPolicy") not in CONCURRENCY:
        yield not_supported("spec.concurrencyPolicy", spec.get("concurrencyPolicy") or "", CONCURRENCY)
    yield from _job(object_at(object_at(spec, "jobTemplate"), "spec"))
    for key in HISTORY:
        yield from not_negative(f"spec.{key}", spec.get(key))
    name = object_at(new, "metadata").get("name") or ""
    if old is None and len(name) > LONGEST_NAME:
        yield invalid("metadata.name", name, f"must be no more than {LONGEST_NAME} characters")


def _schedule(spec: JsonObject, before: JsonObject) -> Iterator[Cause]:
    text, at = str(spec["schedule"]), "spec.schedule"
    try:
        parse_schedule(text)
    except MalformedSchedule as exc:
        yield invalid(at, text, str(exc))
    if "TZ" not in text:
        return
    if "TZ" not in str(before.get("schedule") or ""):
        yield invalid(at, text, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")
    elif spec.get("timeZone") is not None:
        yield invalid(at, text, "cannot use both timeZone field and TZ or CRON_TZ in schedule")


def _time_zone(name: str | None) -> Iterator[Cause]:
    at = "spec.timeZone"
    if name is None:
        return
    if not name:
        yield invalid(at, name, "timeZone must be nil or non-empty string")
        return
    if not all(_is_zone_part(part) for part in name.split("/")):
        yield invalid(at, name, f"unknown time zone {name}")
        return
    if name.lower() == "local":
        why = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
        yield invalid(at, name, why)
        return
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        yield invalid(at, name, f"unknown time zone {name}")


def _is_zone_part(part: str) -> bool:
    return part not in (".", "..") and fullmatch(r"(?!-)[A-Za-z._0-9+-]{1,14}", part) is not None


def _job(spec: JsonObject) -> Iterator[Cause]:
    for cause in job_spec_problems(spec):
        yield replace(cause, field=JOB_SPEC + cause.field.removeprefix("spec"))
    if spec.get("selector") is not None:
        yield invalid(f"{JOB_SPEC}.selector", spec["selector"], "`selector` will be auto-generated")
    if spec.get("manualSelector"):
        yield not_supported(f"{JOB_SPEC}.manualSelector", True, ("nil", "false"))


def _row(cron_job: JsonObject, now: float) -> list[Cell]:
    spec, status = object_at(cron_job, "spec"), object_at(cron_job, "status")
    last, suspended = status.get("lastScheduleTime"), spec.get("suspend")
    return [
        name_of(cron_job),
        str(spec.get("schedule") or ""),
        str(spec.get("timeZone") or NONE),
        "<unset>" if suspended is None else str(suspended),
        len(objects_at(status, "active")),
        since(last, now) if last else NONE,
        age(cron_job, now),
        *template_cells({"spec": object_at(object_at(spec, "jobTemplate"), "spec")}),
    ]


CRON_JOB: Final = Kind(
    "batch",
    "v1",
    "CronJob",
    "cronjobs",
    ("cj",),
    categories=("all",),
    subresources=("status",),
    model="V1CronJob",
    has_generation=True,
    defaults=cron_job_defaults,
    validate=cron_job_problems,
    printer=Printer(
        (
            *texts("Name", "Schedule", "Timezone"),
            Column("Suspend", "boolean"),
            *integers("Active"),
            *texts("Last Schedule", "Age"),
            *TEMPLATE_COLUMNS,
        ),
        _row,
    ),
)
