"""A Job's pods: as the controller sees them, and as it makes them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.adoption.plan import controller_reference
from mockcloud.controllers.objects.jobs import Job
from mockcloud.controllers.objects.metadata import Meta, moment
from mockcloud.controllers.objects.pods import ENDED, Pod

FINALIZER: Final = "batch.kubernetes.io/job-tracking"
INDEX: Final = "batch.kubernetes.io/job-completion-index"
FAILURES: Final = "batch.kubernetes.io/job-index-failure-count"
IGNORED: Final = "batch.kubernetes.io/job-index-ignored-failure-count"
VARIABLE: Final = "JOB_COMPLETION_INDEX"
LONGEST_STEM: Final = 58  # what a generated name has room for

PHASES: Final = {"Pending": 0, "Unknown": 1}


@dataclass(frozen=True, slots=True)
class JobPod:
    """A pod of a Job: how it stands, and how it ended."""

    pod: Pod
    index: int | None
    restarts: int = 0  # of all its containers
    failures: int = 0  # of earlier pods of its index
    ignored: int = 0  # failures that a policy says are none
    ended: datetime | None = None
    exits: tuple[tuple[str, int], ...] = ()  # (container, exit code) of those that have ended
    conditions: tuple[tuple[str, str], ...] = ()  # (type, status)

    @property
    def meta(self) -> Meta:
        """Its identity."""
        return self.pod.meta

    @property
    def counted(self) -> bool:
        """Whether it has been counted."""
        return FINALIZER not in self.meta.finalizers

    @property
    def succeeded(self) -> bool:
        """Whether it ended well."""
        return self.pod.phase == "Succeeded"

    @property
    def terminating(self) -> bool:
        """Whether it was told to end, and has not."""
        return self.meta.deleting and self.pod.phase not in ENDED

    def failed(self, job: Job) -> bool:
        """Whether it counts as failed: when it was told to go, unless the Job waits for its end."""
        if self.pod.phase == "Failed":
            return True
        return not job.waits_for_ends and self.meta.deleting and not self.succeeded


def job_pod(pod: Pod, obj: Object) -> JobPod:
    """From a core/v1 Pod, parsed and as it is."""
    notes, status = pod.meta.annotations, obj.get("status") or {}
    containers = status.get("containerStatuses") or ()
    ends = [
        (each["name"], (each.get("state") or {}).get("terminated") or {})
        for each in (*containers, *(status.get("initContainerStatuses") or ()))
    ]
    return JobPod(
        pod=pod,
        index=_count(notes.get(INDEX)),
        restarts=pod.restarts
        + sum(each.get("restartCount") or 0 for each in status.get("initContainerStatuses") or ()),
        failures=_count(notes.get(FAILURES)) or 0,
        ignored=_count(notes.get(IGNORED)) or 0,
        ended=_ended(pod, obj),
        exits=tuple((name, end["exitCode"]) for name, end in ends if "exitCode" in end),
        conditions=tuple((each["type"], each["status"]) for each in status.get("conditions") or ()),
    )


def removal_order(pods: Iterable[JobPod]) -> list[JobPod]:
    """Those with the least loss first: not placed, not running, not ready, newest."""

    def loss(each: JobPod) -> tuple[float | bool | str, ...]:
        pod = each.pod
        since = pod.ready_since.timestamp() if pod.ready and pod.ready_since else 0
        created = -pod.meta.created.timestamp()
        return (
            bool(pod.node),
            PHASES.get(pod.phase, 2),
            pod.ready,
            -since,
            -pod.restarts,
            created,
            pod.meta.name,
        )

    return sorted(pods, key=loss)


def made_pod(job: Job, index: int | None, replaced: JobPod | None, *, ignored: bool) -> Object:
    """A pod of the template; `replaced` is the one of its index that failed, `ignored` where that is none."""
    template, name = job.template, job.meta.name
    metadata = {
        key: template["metadata"][key]
        for key in ("labels", "annotations", "finalizers")
        if (template.get("metadata") or {}).get(key)
    }
    spec, stem = template["spec"], f"{name}-"
    if index is not None:
        stem = f"{name[: LONGEST_STEM - len(str(index)) - 2]}-{index}-"
        notes = {INDEX: str(index), **_failure_counts(job, replaced, ignored=ignored)}
        metadata["annotations"] = {**metadata.get("annotations", {}), **notes}
        metadata["labels"] = {**metadata.get("labels", {}), INDEX: str(index)}
        spec = {**_with_variable(spec), "hostname": f"{name}-{index}"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            **metadata,
            "generateName": stem,
            "namespace": job.meta.namespace,
            "finalizers": [
                *(each for each in metadata.get("finalizers", ()) if each != FINALIZER),
                FINALIZER,
            ],
            "ownerReferences": [controller_reference("batch/v1", "Job", job.meta)],
        },
        "spec": spec,
    }


def _failure_counts(job: Job, replaced: JobPod | None, *, ignored: bool) -> dict[str, str]:
    if job.index_limit is None:
        return {}
    failures, passed_over = (replaced.failures, replaced.ignored) if replaced else (0, 0)
    if replaced and ignored:
        passed_over += 1
    elif replaced:
        failures += 1
    return {FAILURES: str(failures), **({IGNORED: str(passed_over)} if passed_over else {})}


def _with_variable(spec: Object) -> Object:
    reference = {"fieldRef": {"fieldPath": f"metadata.labels['{INDEX}']"}}
    kept = {key: spec[key] for key in ("containers", "initContainers") if spec.get(key)}
    return {**spec, **{key: [_told(each, reference) for each in held] for key, held in kept.items()}}


def _told(container: Object, reference: Object) -> Object:
    held = container.get("env") or []
    if any(each["name"] == VARIABLE for each in held):
        return container
    return {**container, "env": [*held, {"name": VARIABLE, "valueFrom": reference}]}


def _ended(pod: Pod, obj: Object) -> datetime | None:
    """When its last container ended, when it was no longer ready, or when it was told to go."""
    status, metadata = obj.get("status") or {}, obj["metadata"]
    ends = _ends(status.get("containerStatuses") or ())
    if ends:
        return max(ends)
    unready = next((each for each in status.get("conditions") or () if each["type"] == "Ready"), None)
    if unready and unready["status"] == "False" and unready.get("lastTransitionTime"):
        return moment(unready["lastTransitionTime"])
    told = moment(metadata.get("deletionTimestamp"))
    if told is not None:
        return told - timedelta(seconds=metadata.get("deletionGracePeriodSeconds") or 0)
    return pod.meta.created


def _ends(containers: Sequence[Object]) -> list[datetime]:
    """When each ended; [] where one has not."""
    found = [
        moment(((each.get("state") or {}).get("terminated") or {}).get("finishedAt")) for each in containers
    ]
    ends = [each for each in found if each is not None]
    return ends if len(ends) == len(found) else []


def _count(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
