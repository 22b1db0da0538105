"""Rules of a Job's status: what has ended stays so, whoever writes it (KEP-4368: others may manage Jobs)."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, invalid, required, wrong
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.batch.indexes import MalformedIndexes, count_indexes
from mockcloud.kube.resources.validation.metadata import immutable
from mockcloud.kube.resources.validation.numbers import not_negative
from mockcloud.kube.times import epoch_seconds

COUNTS: Final = ("active", "succeeded", "failed", "ready", "terminating")
LASTING: Final = ("Failed", "Complete", "FailureTarget")
NOT_TOGETHER: Final = (
    ("Complete", "Failed", "cannot set Complete=True and Failed=true conditions"),
    ("Complete", "FailureTarget", "cannot set Complete=True and FailureTarget=true conditions"),
    ("SuccessCriteriaMet", "Failed", "cannot set SuccessCriteriaMet=True and Failed=true conditions"),
    (
        "SuccessCriteriaMet",
        "FailureTarget",
        "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions",
    ),
)
FIRST: Final = (
    (
        "Failed",
        "FailureTarget",
        "cannot set Failed=True condition without the FailureTarget=true condition",
    ),
    (
        "Complete",
        "SuccessCriteriaMet",
        "cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
    ),
)


def job_status_problems(new: JsonObject, old: JsonObject) -> Iterator[Cause]:
    """What is wrong with the new status, or with the step to it; nothing where it stays as it is."""
    status, before = object_at(new, "status"), object_at(old, "status")
    if status == before:
        return
    for key in COUNTS:
        yield from not_negative(f"status.{key}", status.get(key))
    yield from _end(status)
    yield from _conditions(_true(status), _true(before))
    yield from _indexes(object_at(new, "spec"), status)
    if (status.get("ready") or 0) > (status.get("active") or 0):
        yield invalid("status.ready", status["ready"], "cannot set more ready pods than active")
    yield from _never_back(object_at(new, "spec"), status, before)


def _true(status: JsonObject) -> set[str]:
    return {
        str(each.get("type")) for each in objects_at(status, "conditions") if each.get("status") == "True"
    }


def _conditions(true: set[str], before: set[str]) -> Iterator[Cause]:
    at = "status.conditions"
    for one, other, why in NOT_TOGETHER:
        if one in true and other in true:
            yield wrong(at, why)
    for end, intention, why in FIRST:
        if end in true and end not in before and intention not in true:
            yield wrong(at, why)


def _end(status: JsonObject) -> Iterator[Cause]:
    true, completed = _true(status), status.get("completionTime")
    if completed is not None and "Complete" not in true:
        why = "cannot set completionTime when there is no Complete=True condition"
        yield invalid("status.completionTime", completed, why)
    if completed is None and "Complete" in true:
        yield required("status.completionTime", "completionTime is required for Complete jobs")
    begun, ended = (epoch_seconds(text or "") for text in (status.get("startTime"), completed))
    if begun is not None and ended is not None and ended < begun:
        yield invalid("status.completionTime", completed, "must be equal to or after `startTime`")
    if not true & {"Complete", "Failed"}:
        return
    for key in ("active", "terminating"):
        if status.get(key):
            yield invalid(f"status.{key}", status[key], f"{key}>0 is invalid for finished job")
    uncounted = object_at(status, "uncountedTerminatedPods")
    if uncounted.get("succeeded") or uncounted.get("failed"):
        yield invalid("status.uncountedTerminatedPods", uncounted, "must be empty for finished job")


def _indexes(spec: JsonObject, status: JsonObject) -> Iterator[Cause]:
    for key in ("completedIndexes", "failedIndexes"):
        text, completions = status.get(key), spec.get("completions")
        if text and completions is not None:
            try:
                count_indexes(text, completions)
            except MalformedIndexes as exc:
                yield invalid(f"status.{key}", text, f"error parsing {key}: {exc}")
    if status.get("completedIndexes") and spec.get("completionMode") != "Indexed":
        why = "cannot set non-empty completedIndexes when non-indexed completion mode"
        yield invalid("status.completedIndexes", status["completedIndexes"], why)
    if status.get("failedIndexes") is not None and spec.get("backoffLimitPerIndex") is None:
        why = "cannot set non-null failedIndexes when backoffLimitPerIndex is null"
        yield invalid("status.failedIndexes", status["failedIndexes"], why)


def _never_back(spec: JsonObject, status: JsonObject, before: JsonObject) -> Iterator[Cause]:
    """Counters only rise; an indexed Job whose completions are its parallelism may shrink."""
    lost = _true(before) - _true(status)
    for each in LASTING:
        if each in lost:
            yield wrong("status.conditions", f"cannot disable the terminal {each}=True condition")
    shrinks = spec.get("completionMode") == "Indexed" and spec.get("completions") == spec.get("parallelism")
    for key in ("failed",) if shrinks else ("failed", "succeeded"):
        if (status.get(key) or 0) < (before.get(key) or 0):
            yield invalid(f"status.{key}", status.get(key) or 0, f"cannot decrease the {key} counter")
    if status.get("completionTime") is not None and before.get("completionTime") is not None:
        yield from immutable("status.completionTime", status["completionTime"], before["completionTime"])
    resumed = "Suspended" in _true(before) and "Suspended" not in _true(status)
    if before.get("startTime") not in (None, status.get("startTime")) and not (
        spec.get("suspend") or resumed
    ):
        yield required("status.startTime", "startTime cannot be removed for unsuspended job")
    if "SuccessCriteriaMet" in lost:
        yield wrong("status.conditions", "cannot disable the SuccessCriteriaMet=True condition")
