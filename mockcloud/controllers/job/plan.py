"""Job -> which pods to make and to end now, and whether it has come to its end (and why)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from mockcloud.controllers.job.backoff import Record, noted, remaining
from mockcloud.controllers.job.pods import JobPod, removal_order
from mockcloud.controllers.job.policies import judged, met
from mockcloud.controllers.job.tally import Tally, is_of_range, tallied
from mockcloud.controllers.objects.jobs import Job

BURST: Final = 500  # as upstream: one round makes or ends at most so many


@dataclass(frozen=True, slots=True)
class Scene:
    """What is decided on."""

    job: Job
    pods: Sequence[JobPod]
    record: Record  # of earlier failures
    now: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """The Job is at its end: well or not, with the reason and message that its condition gives."""

    well: bool
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with the pods now."""

    tally: Tally
    verdict: Verdict | None = None
    create: tuple[int | None, ...] = ()  # a pod each, with its index
    remove: tuple[JobPod, ...] = ()  # too many: they count as nothing
    end: tuple[JobPod, ...] = ()  # the Job is over: they count as failed where it is
    wait: float | None = None  # seconds until time alone changes something


def plan(scene: Scene) -> Plan:
    """Towards as many pods as are wanted, or towards the end."""
    job, tally = scene.job, tallied(scene.job, scene.pods)
    verdict = _verdict(scene, tally)
    if verdict:
        return Plan(tally, verdict, end=tally.active)
    found = Plan(tally) if job.meta.deleting else _managed(scene, tally)
    left = len(tally.active) - len(found.remove) + len(found.create)
    if left == 0 and _is_complete(job, tally):
        reached = Verdict(True, "CompletionsReached", "Reached expected number of succeeded pods")
        return replace(found, verdict=reached, wait=None)
    waits = [each for each in (found.wait, _until_deadline(scene)) if each is not None]
    return replace(found, wait=min(waits, default=None))


def _verdict(scene: Scene, tally: Tally) -> Verdict | None:
    """Why the Job ends, apart from its completions; what was found before stands."""
    job = scene.job
    for kind, well in (("SuccessCriteriaMet", True), ("FailureTarget", False)):
        found = job.condition(kind)
        if found:
            return Verdict(well, found.get("reason", ""), found.get("message", ""))
    for pod in scene.pods:
        judgement = judged(job, pod) if job.failure_rules and pod.failed(job) else None
        if judgement and judgement.action == "FailJob":
            return Verdict(False, "PodFailurePolicy", judgement.message)
    failed = _past_limits(scene, tally) or _failed_by_index(job, tally)
    if failed:
        return failed
    message = met(job, tally.done) if job.indexed else ""
    return Verdict(True, "SuccessPolicy", message) if message else None


def _past_limits(scene: Scene, tally: Tally) -> Verdict | None:
    if tally.failed > scene.job.backoff_limit or _restarted_too_often(scene):
        return Verdict(False, "BackoffLimitExceeded", "Job has reached the specified backoff limit")
    left = _until_deadline(scene)
    if left is not None and left <= 0:
        return Verdict(False, "DeadlineExceeded", "Job was active longer than specified deadline")
    return None


def _restarted_too_often(scene: Scene) -> bool:
    """A pod whose containers are started again does not fail: its restarts count."""
    job = scene.job
    if job.template.get("spec", {}).get("restartPolicy") != "OnFailure":
        return False
    live = (pod for pod in scene.pods if pod.pod.phase in ("Pending", "Running"))
    return sum(pod.restarts for pod in live) >= max(job.backoff_limit, 1)


def _failed_by_index(job: Job, tally: Tally) -> Verdict | None:
    lost = len(tally.lost)
    if job.most_failed_indexes is not None and lost > job.most_failed_indexes:
        why = "Job has exceeded the specified maximal number of failed indexes"
        return Verdict(False, "MaxFailedIndexesExceeded", why)
    if lost and lost + len(tally.done) >= (job.completions or 0):
        return Verdict(False, "FailedIndexes", "Job has failed indexes")
    return None


def _until_deadline(scene: Scene) -> float | None:
    """Seconds that the Job may still be active; None where no clock runs."""
    job = scene.job
    if job.deadline is None or job.suspended:
        return None
    begun = job.started or scene.now
    return job.deadline - (scene.now - begun).total_seconds()


def _is_complete(job: Job, tally: Tally) -> bool:
    return tally.succeeded > 0 if job.completions is None else tally.succeeded >= job.completions


def _managed(scene: Scene, tally: Tally) -> Plan:
    """Either some pods too many, or some too few."""
    job, active = scene.job, len(tally.active)
    wanted = 0 if job.suspended else _wanted(job, tally)
    surplus = _surplus(job, tally, active - wanted)
    if surplus:
        return Plan(tally, remove=tuple(surplus[:BURST]))
    ending = len(tally.terminating) if job.waits_for_ends else 0
    missing = min(wanted - active - ending, BURST)
    if missing <= 0 or job.suspended:
        return Plan(tally)
    if job.index_limit is None:
        wait = remaining(noted(scene.record, tally.new_succeeded, tally.new_failed), scene.now)
        if wait > 0:
            return Plan(tally, wait=wait)
    if not job.indexed:
        return Plan(tally, create=(None,) * missing)
    return _next_indexes(scene, tally, missing)


def _wanted(job: Job, tally: Tally) -> int:
    """How many are to be active; without a number of completions the first success ends it."""
    if job.completions is None:
        return len(tally.active) if tally.succeeded else job.parallelism
    return max(0, min(job.completions - tally.succeeded, job.parallelism))


def _surplus(job: Job, tally: Tally, least: int) -> list[JobPod]:
    """At least so many, and of an indexed Job each that has no index of its own."""
    order = removal_order(tally.active)
    twice: list[JobPod] = []
    if job.indexed:
        keeps = {pod.index: pod for pod in order}  # the last of an index has the most to lose
        twice = [pod for pod in order if not is_of_range(job, pod.index) or keeps[pod.index] is not pod]
    rest = [pod for pod in order if pod not in twice]
    return [*twice, *rest[: max(0, least - len(twice))]]


def _next_indexes(scene: Scene, tally: Tally, most: int) -> Plan:
    """The lowest indexes that are neither taken nor over, each when its own wait is over."""
    job = scene.job
    holding = (*tally.active, *(tally.terminating if job.waits_for_ends else ()))
    taken = tally.done | tally.lost | {pod.index for pod in holding if pod.index is not None}
    free = [index for index in range(job.completions or 0) if index not in taken][:most]
    waits = {index: _wait_of_index(tally.last_of_index.get(index), scene.now) for index in free}
    due = tuple(index for index in free if waits[index] <= 0)
    return Plan(tally, create=due, wait=None if due else min(waits.values(), default=None))


def _wait_of_index(failed: JobPod | None, now: datetime) -> float:
    if failed is None:
        return 0.0
    return remaining(Record(failed.failures + failed.ignored + 1, failed.ended), now)
