"""How far a Job has come: its pods, those that have been counted, and those that have yet to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mockcloud.controllers.job.indexes import parse_indexes
from mockcloud.controllers.job.pods import JobPod
from mockcloud.controllers.job.policies import judged
from mockcloud.controllers.objects.jobs import Job


@dataclass(frozen=True, slots=True)
class Tally:
    """What is there now."""

    active: tuple[JobPod, ...] = ()
    terminating: tuple[JobPod, ...] = ()
    new_succeeded: tuple[JobPod, ...] = ()  # ended, and in no count yet
    new_failed: tuple[JobPod, ...] = ()
    succeeded: int = 0  # with the new ones
    failed: int = 0
    done_before: frozenset[int] = frozenset()  # indexes that the status says have succeeded
    done: frozenset[int] = frozenset()  # and with the new ones
    lost: frozenset[int] = frozenset()  # indexes that have failed for good
    # Failed pods by their index that stay until another of the index is there, which says how many failed.
    last_of_index: Mapping[int, JobPod] = field(default_factory=dict)


def tallied(job: Job, pods: Sequence[JobPod]) -> Tally:
    """The tally of the Job's pods."""
    listed = uncounted(job)
    active = tuple(pod for pod in pods if pod.pod.active)
    waiting = [pod for pod in pods if not pod.counted and _is_valid(job, pod)]
    succeeded = tuple(pod for pod in waiting if pod.succeeded and pod.meta.uid not in listed["succeeded"])
    failed = tuple(pod for pod in waiting if pod.failed(job) and pod.meta.uid not in listed["failed"])
    counting = sum(judged(job, pod).counts for pod in failed)
    before, done = _done(job, waiting)
    lost = _lost(job, waiting)
    count = int(job.status.get("succeeded") or 0) + len(succeeded) + len(listed["succeeded"])
    return Tally(
        active=active,
        terminating=tuple(pod for pod in pods if pod.terminating),
        new_succeeded=succeeded,
        new_failed=failed,
        succeeded=len(done) if job.indexed else count,
        failed=int(job.status.get("failed") or 0) + counting + len(listed["failed"]),
        done_before=before,
        done=done,
        lost=lost,
        last_of_index=_last_of_index(job, waiting, active, done | lost),
    )


def uncounted(job: Job) -> dict[str, list[str]]:
    """The uids of pods that the status lists, but has not counted yet; by how they ended."""
    held = job.status.get("uncountedTerminatedPods") or {}
    return {end: list(held.get(end) or ()) for end in ("succeeded", "failed")}


def is_of_range(job: Job, index: int | None) -> bool:
    """Whether it is an index that the Job has."""
    return index is not None and index < (job.completions or 0)


def _is_valid(job: Job, pod: JobPod) -> bool:
    return not job.indexed or is_of_range(job, pod.index)


def _done(job: Job, waiting: Sequence[JobPod]) -> tuple[frozenset[int], frozenset[int]]:
    if not job.indexed:
        return frozenset(), frozenset()
    before = parse_indexes(job.status.get("completedIndexes"), job.completions or 0)
    return before, before | {pod.index for pod in waiting if pod.succeeded and pod.index is not None}


def _lost(job: Job, waiting: Sequence[JobPod]) -> frozenset[int]:
    if job.index_limit is None:
        return frozenset()
    new = {pod.index for pod in waiting if pod.index is not None and _ends_index(job, pod)}
    return parse_indexes(job.status.get("failedIndexes"), job.completions or 0) | new


def _ends_index(job: Job, pod: JobPod) -> bool:
    if not pod.failed(job):
        return False
    found = judged(job, pod)
    return found.action == "FailIndex" or (found.counts and pod.failures >= (job.index_limit or 0))


def _last_of_index(
    job: Job, waiting: Sequence[JobPod], active: Sequence[JobPod], over: frozenset[int]
) -> dict[int, JobPod]:
    if job.index_limit is None:
        return {}
    taken = over | {pod.index for pod in active if pod.index is not None}
    last: dict[int, JobPod] = {}
    for pod in sorted((each for each in waiting if each.failed(job)), key=_age):
        if pod.index is not None and pod.index not in taken:
            last[pod.index] = pod
    return last


def _age(pod: JobPod) -> tuple[int, float]:
    return pod.failures + pod.ignored, pod.ended.timestamp() if pod.ended else 0.0
