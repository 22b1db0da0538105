"""Jobs: pods that are to end well, some number of times."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from mockcloud.kube.field_errors import Cause, invalid, required
from mockcloud.kube.json_types import JsonObject, filled, object_at, objects_at
from mockcloud.kube.resources.batch.job_rules import job_change_problems, job_spec_problems
from mockcloud.kube.resources.batch.job_status import job_status_problems
from mockcloud.kube.resources.kind import Deletion, Kind
from mockcloud.kube.resources.pods.templates import TEMPLATE_COLUMNS, template_cells, with_template_defaults
from mockcloud.kube.resources.printing import Cell, Printer, age, duration, name_of, texts
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.metadata import label_selector, selects
from mockcloud.kube.times import epoch_seconds

UNLIMITED: Final = 2**31 - 1
UID_LABEL: Final = "batch.kubernetes.io/controller-uid"
NAME_LABEL: Final = "batch.kubernetes.io/job-name"
SHOWN: Final = (
    ("Complete", "Complete"),
    ("Failed", "Failed"),
    ("", "Terminating"),
    ("Suspended", "Suspended"),
    ("FailureTarget", "FailureTarget"),
    ("SuccessCriteriaMet", "SuccessCriteriaMet"),
)
"""What STATUS says where this condition (none: the deletion) is there; the first counts."""


def job_defaults(obj: JsonObject) -> JsonObject:
    """One pod, tried seven times; the Job bears the labels of its pods, those that are made for them, too.

    `with_selector` knows by identity that they are the same.
    """
    spec = object_at(obj, "spec")
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec = {**spec, "completions": 1}
    return _labelled({**obj, "spec": job_spec_defaults(spec)})


def job_spec_defaults(spec: JsonObject) -> JsonObject:
    """Those of the spec alone."""
    policy = object_at(spec, "podFailurePolicy")
    spec = filled(
        with_condition_statuses(spec),
        parallelism=1,
        backoffLimit=6 if spec.get("backoffLimitPerIndex") is None else UNLIMITED,
        completionMode="NonIndexed",
        suspend=False,
        podReplacementPolicy="Failed" if policy else "TerminatingOrFailed",
        manualSelector=False,
    )
    return with_template_defaults(spec)


def with_condition_statuses(spec: JsonObject) -> JsonObject:
    """The spec whose failure policy says of each condition that it is true, where it says nothing."""
    policy = object_at(spec, "podFailurePolicy")
    if not policy:
        return spec
    rules = [_with_statuses(rule) for rule in objects_at(policy, "rules")]
    return {**spec, "podFailurePolicy": {**policy, "rules": rules}}


def with_selector(obj: JsonObject) -> JsonObject:
    """What nobody else's pods have: the Job's uid, as label of its pods and as what it selects."""
    spec = object_at(obj, "spec")
    if spec.get("manualSelector"):
        return obj
    metadata, template = obj["metadata"], object_at(spec, "template")
    given, selector = object_at(template, "metadata"), object_at(spec, "selector")
    labels = dict(sorted({**_generated(metadata), **object_at(given, "labels")}.items()))
    matched = dict(sorted({UID_LABEL: metadata["uid"], **object_at(selector, "matchLabels")}.items()))
    if metadata.get("labels") is given.get("labels"):  # none, or those that were taken from the template
        metadata = {**metadata, "labels": labels}
    template = {**template, "metadata": {**given, "labels": labels}}
    spec = {**spec, "selector": {**selector, "matchLabels": matched}, "template": template}
    return {**obj, "metadata": metadata, "spec": spec}


def _labelled(obj: JsonObject) -> JsonObject:
    labels = object_at(object_at(object_at(object_at(obj, "spec"), "template"), "metadata"), "labels")
    metadata = object_at(obj, "metadata")
    return (
        {**obj, "metadata": {**metadata, "labels": labels}} if labels and not metadata.get("labels") else obj
    )


def job_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """What a Job may be, and what may change of it."""
    spec, metadata = object_at(new, "spec"), object_at(new, "metadata")
    yield from _generated_selector(metadata, spec)
    yield from job_spec_problems(spec)
    yield from _selector(spec)
    if spec.get("completionMode") == "Indexed" and (spec.get("completions") or 0) > 0:
        name = metadata.get("name") or ""
        longest = f"{name}-{spec['completions'] - 1}"
        if formats.dns_1123_label(longest):
            why = f"will not able to create pod with invalid DNS label: {longest}"
            yield invalid("metadata.name", name, why)
    if old is not None:
        yield from job_change_problems(spec, old)
        yield from job_status_problems(new, old)


def _with_statuses(rule: JsonObject) -> JsonObject:
    patterns = [filled(each, status="True") for each in objects_at(rule, "onPodConditions")]
    return {**rule, "onPodConditions": patterns} if patterns else rule


def _generated(metadata: JsonObject) -> dict[str, str]:
    """Labels that a Job's pods have; those without a domain are from the time before it was asked for."""
    uid, name = str(metadata.get("uid") or ""), str(metadata.get("name") or "")
    return {"controller-uid": uid, "job-name": name, UID_LABEL: uid, NAME_LABEL: name}


def _generated_selector(metadata: JsonObject, spec: JsonObject) -> Iterator[Cause]:
    if spec.get("manualSelector") or spec.get("selector") is None:
        return
    at = "spec.template.metadata.labels"
    labels = object_at(object_at(object_at(spec, "template"), "metadata"), "labels")
    wanted = _generated(metadata)
    for key, value in wanted.items():
        if key not in labels:
            yield required(f"{at}[{key}]", f"must be '{value}'")
        elif labels[key] != value:
            yield invalid(f"{at}[{key}]", labels, f"must be '{value}'")
    if not selects(object_at(spec, "selector"), wanted):
        yield invalid("spec.selector", spec["selector"], "`selector` not auto-generated")


def _selector(spec: JsonObject) -> Iterator[Cause]:
    selector, template = spec.get("selector"), object_at(spec, "template")
    if selector is None:
        yield required("spec.selector")
        selector = {}
    else:
        yield from label_selector("spec.selector", selector)
    held = object_at(object_at(template, "metadata"), "labels")
    if spec.get("selector") is None or not selects(selector, held):
        why = "`selector` does not match template `labels`"
        yield invalid("spec.template.metadata.labels", held, why)


def _row(job: JsonObject, now: float) -> list[Cell]:
    return [
        name_of(job),
        _status(job),
        _completions(job),
        _duration(object_at(job, "status"), now),
        age(job, now),
        *template_cells(job),
    ]


def _status(job: JsonObject) -> str:
    conditions = objects_at(object_at(job, "status"), "conditions")
    true = {each.get("type") for each in conditions if each.get("status") == "True"}
    if job["metadata"].get("deletionTimestamp"):
        true.add("")
    return next((text for condition, text in SHOWN if condition in true), "Running")


def _completions(job: JsonObject) -> str:
    spec = object_at(job, "spec")
    succeeded, parallelism = int(object_at(job, "status").get("succeeded") or 0), spec.get("parallelism") or 0
    if spec.get("completions") is not None:
        return f"{succeeded}/{spec['completions']}"
    return f"{succeeded}/1 of {parallelism}" if parallelism > 1 else f"{succeeded}/1"


def _duration(status: JsonObject, now: float) -> str:
    begun = epoch_seconds(status.get("startTime") or "")
    ended = epoch_seconds(status.get("completionTime") or "")
    return "" if begun is None else duration((now if ended is None else ended) - begun)


JOB: Final = Kind(
    "batch",
    "v1",
    "Job",
    "jobs",
    categories=("all",),
    subresources=("status",),
    field_labels=MappingProxyType({"status.successful": (("status", "succeeded"), "0")}),
    model="V1Job",
    has_generation=True,
    defaults=job_defaults,
    validate=job_problems,
    identified=with_selector,
    deletion=Deletion(orphans=True),
    printer=Printer((*texts("Name", "Status", "Completions", "Duration", "Age"), *TEMPLATE_COLUMNS), _row),
)
