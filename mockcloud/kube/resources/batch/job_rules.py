"""Rules of a Job's spec, by itself and as a CronJob's template."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, invalid, not_supported, required, too_long
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.batch.policies import (
    failure_policy_problems,
    replacement_policy_problems,
    success_policy_problems,
)
from mockcloud.kube.resources.pods.templates import pods_of
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes
from mockcloud.kube.resources.validation.metadata import immutable
from mockcloud.kube.resources.validation.numbers import not_negative

NUMBERS: Final = (
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
)
MODES: Final = ("NonIndexed", "Indexed")
LONGEST_MANAGER: Final = 63
MANY: Final = 100_000
"""Above so many completions with a limit for each index, no more than FEW pods may run or indexes fail."""
FEW: Final = 10_000
FIXED: Final = ("completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy")


def job_spec_problems(spec: JsonObject) -> Iterator[Cause]:
    """What is wrong with the spec of a Job that has its defaults, apart from its selector."""
    for key in NUMBERS:
        yield from not_negative(f"spec.{key}", spec.get(key))
    if spec.get("maxFailedIndexes") is not None and spec.get("backoffLimitPerIndex") is None:
        yield required("spec.backoffLimitPerIndex", "when maxFailedIndexes is specified")
    yield from _manager(spec.get("managedBy"))
    yield from _mode(spec)
    if spec.get("podFailurePolicy") is not None:
        yield from failure_policy_problems(spec)
    if spec.get("successPolicy") is not None:
        yield from success_policy_problems(spec)
    yield from replacement_policy_problems(spec)
    yield from pods_of("spec.template", object_at(spec, "template"))
    yield from _restart_policy(spec)


def job_change_problems(spec: JsonObject, old: JsonObject) -> Iterator[Cause]:
    """What may not change of the spec of `old`, a stored Job."""
    before = object_at(old, "spec")
    yield from _completions(spec, before)
    yield from immutable("spec.selector", spec.get("selector"), before.get("selector"))
    template = object_at(before, "template")
    if before.get("suspend") and object_at(old, "status").get("startTime") is None:
        template = _with_directives(template, object_at(spec, "template"))
    yield from immutable("spec.template", spec.get("template"), template)
    for key in FIXED:
        yield from immutable(f"spec.{key}", spec.get(key), before.get(key))


def _manager(name: str | None) -> Iterator[Cause]:
    if name is None:
        return
    if not name:
        yield required("spec.managedBy")
    else:
        yield from causes("spec.managedBy", name, formats.domain_prefixed_path(name))
    if len(name) > LONGEST_MANAGER:
        yield too_long("spec.managedBy", LONGEST_MANAGER)


def _mode(spec: JsonObject) -> Iterator[Cause]:
    mode = spec.get("completionMode") or MODES[0]
    if mode not in MODES:
        yield not_supported("spec.completionMode", mode, MODES)
    elif mode == "Indexed":
        yield from _indexed(spec)
    else:
        for key in ("backoffLimitPerIndex", "maxFailedIndexes"):
            if spec.get(key) is not None:
                yield invalid(f"spec.{key}", spec[key], "requires indexed completion mode")


def _indexed(spec: JsonObject) -> Iterator[Cause]:
    completions, parallelism = spec.get("completions"), int(spec.get("parallelism") or 0)
    failed = spec.get("maxFailedIndexes")
    if completions is None:
        yield required("spec.completions", "when completion mode is Indexed")
    if parallelism > MANY:
        why = f"must be less than or equal to {MANY} when completion mode is Indexed"
        yield invalid("spec.parallelism", parallelism, why)
    if completions is not None and failed is not None and failed > completions:
        yield invalid("spec.maxFailedIndexes", failed, "must be less than or equal to completions")
    if failed is not None and failed > MANY:
        yield invalid("spec.maxFailedIndexes", failed, f"must be less than or equal to {MANY}")
    if (completions or 0) > MANY and spec.get("backoffLimitPerIndex") is not None:
        yield from _many_indexes(parallelism, failed)


def _many_indexes(parallelism: int, failed: int | None) -> Iterator[Cause]:
    if failed is None:
        yield required("spec.maxFailedIndexes", f"must be specified when completions is above {MANY}")
    why = f"must be less than or equal to {FEW} when completions are above {MANY} and used with backoff"
    for key, value in (("parallelism", parallelism), ("maxFailedIndexes", failed or 0)):
        if value > FEW:
            yield invalid(f"spec.{key}", value, f"{why} limit per index")


def _restart_policy(spec: JsonObject) -> Iterator[Cause]:
    """A Job's pods end; those that a failure policy judges are not started again."""
    at = "spec.template.spec.restartPolicy"
    policy = object_at(object_at(spec, "template"), "spec").get("restartPolicy") or ""
    if policy in ("", "Always"):
        yield required(at, 'valid values: "OnFailure", "Never"')
    elif policy not in ("OnFailure", "Never"):
        yield not_supported(at, policy, ("OnFailure", "Never"))
    elif spec.get("podFailurePolicy") is not None and policy != "Never":
        yield invalid(at, policy, 'only "Never" is supported when podFailurePolicy is specified')


def _completions(spec: JsonObject, before: JsonObject) -> Iterator[Cause]:
    """Those of an indexed Job may change with its parallelism."""
    new, old = spec.get("completions"), before.get("completions")
    if spec.get("completionMode") != "Indexed":
        yield from immutable("spec.completions", new, old)
    elif new is not None and new not in (old, spec.get("parallelism")):
        yield invalid("spec.completions", new, "can only be modified in tandem with spec.parallelism")


def _with_directives(template: JsonObject, new: JsonObject) -> JsonObject:
    """The old template with the new one's say about where pods go: a queue may set that before the start."""
    metadata, pod = {**object_at(template, "metadata")}, {**object_at(template, "spec")}
    wanted = object_at(new, "spec")
    for holder, source, keys in (
        (metadata, object_at(new, "metadata"), ("labels", "annotations")),
        (pod, wanted, ("nodeSelector", "tolerations", "schedulingGates")),
    ):
        for key in keys:
            holder.pop(key, None)
            if key in source:
                holder[key] = source[key]
    affinity = {key: each for key, each in object_at(pod, "affinity").items() if key != "nodeAffinity"}
    if "nodeAffinity" in object_at(wanted, "affinity"):
        affinity["nodeAffinity"] = wanted["affinity"]["nodeAffinity"]
    pod.pop("affinity", None)
    if affinity or "affinity" in wanted:
        pod["affinity"] = affinity
    return {**template, "metadata": metadata, "spec": pod}
