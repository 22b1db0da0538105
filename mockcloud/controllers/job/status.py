"""A Job's next status, and which pods have been counted when it is written."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mockcloud.client.objects import Object
from mockcloud.controllers.job.indexes import index_text
from mockcloud.controllers.job.plan import Plan, Scene, Verdict
from mockcloud.controllers.job.pods import JobPod
from mockcloud.controllers.job.policies import judged
from mockcloud.controllers.job.tally import is_of_range, uncounted
from mockcloud.controllers.objects.jobs import Job

MOST_UNCOUNTED: Final = 500  # as upstream: a status lists at most so many
NOTHING: Final = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Done:
    """What has become of a plan."""

    created: int = 0
    gone: frozenset[str] = NOTHING  # uids of pods that were told to go


@dataclass(frozen=True, slots=True)
class Settlement:
    """The status to write, the pods to let go when it is written, and what is to be told then."""

    status: Object
    release: tuple[JobPod, ...] = ()
    events: tuple[tuple[str, str, bool], ...] = ()  # reason, message, whether it is a warning


@dataclass(slots=True)
class _Books:
    """Uncounted pods, and what the status counts."""

    uncounted: dict[str, list[str]]
    counts: dict[str, int]
    indexes: set[int]
    release: list[JobPod]

    @property
    def full(self) -> bool:
        return sum(len(each) for each in self.uncounted.values()) + len(self.indexes) >= MOST_UNCOUNTED


def settled(scene: Scene, plan: Plan, done: Done) -> Settlement:
    """What is written after `done`; a verdict holds when no pod of the Job is active any more."""
    job, tally = scene.job, plan.tally
    ending = {pod.meta.uid for pod in plan.end}
    verdict = plan.verdict if ending <= done.gone else None
    books = _booked(scene, plan, verdict)
    left = [pod for pod in tally.active if pod.meta.uid not in done.gone]
    terminating = (
        len(tally.terminating)
        + len(ending & done.gone)
        + sum(pod.meta.uid in done.gone for pod in plan.remove)
    )
    status = {
        **job.status,
        **{end: books.counts[end] for end in ("succeeded", "failed")},
        "uncountedTerminatedPods": {end: uids for end, uids in books.uncounted.items() if uids},
        "active": len(left) + done.created,
        "ready": sum(pod.pod.ready for pod in left),
        "terminating": terminating,
    }
    if job.started is None and not job.suspended:
        status["startTime"] = _text(scene.now)
    if job.indexed:
        status |= _of_indexes(job, plan, books)
    conditions, events = _conditions(scene, plan, verdict)
    if verdict and _is_over(job, status, books):
        end = "Complete" if verdict.well else "Failed"
        conditions.append(_condition(end, "True", verdict.reason, verdict.message, scene.now))
        if verdict.well:
            status["completionTime"] = _text(scene.now)
        events += _end_events(job, status, verdict)
    if any(reason == "Resumed" for reason, _, _ in events):
        status["startTime"] = _text(scene.now)
    if conditions:
        status["conditions"] = conditions
    return Settlement(_without_zeros(status), tuple(books.release), tuple(events))


def status_patch(present: Object, wanted: Object) -> Object | None:
    """The merge patch from one status to the other; None where they are the same."""
    changed: Object = {key: value for key, value in wanted.items() if present.get(key) != value}
    changed |= {key: None for key in present if key not in wanted}
    if "uncountedTerminatedPods" in changed:
        listed = wanted.get("uncountedTerminatedPods") or {}
        changed["uncountedTerminatedPods"] = {end: listed.get(end) for end in ("succeeded", "failed")}
    return {"status": changed} if changed else None


def _booked(scene: Scene, plan: Plan, verdict: Verdict | None) -> _Books:
    """Count what was listed and has been let go; list what has ended since."""
    job = scene.job
    tracked = {pod.meta.uid for pod in scene.pods if not pod.counted}
    listed = uncounted(job)
    kept = {end: [uid for uid in uids if uid in tracked] for end, uids in listed.items()}
    counts = {end: int(job.status.get(end) or 0) + len(listed[end]) - len(kept[end]) for end in kept}
    books = _Books(kept, counts, set(), [])
    order = sorted(scene.pods, key=lambda pod: -1 if pod.index is None else pod.index)
    for pod in order if job.indexed else scene.pods:
        if not pod.counted and not books.full and _may_go(job, plan, verdict, pod):
            books.release.append(pod)
            _list(job, plan, verdict, pod, books)
    return books


def _may_go(job: Job, plan: Plan, verdict: Verdict | None, pod: JobPod) -> bool:
    """Whether the pod is known for what it is; one that failed may have to wait for another of its index."""
    if job.meta.deleting or verdict or pod.succeeded:
        return True
    if not pod.failed(job):
        return False
    return pod.index is None or plan.tally.last_of_index.get(pod.index) is not pod


def _list(job: Job, plan: Plan, verdict: Verdict | None, pod: JobPod, books: _Books) -> None:
    uid, valid = pod.meta.uid, not job.indexed or is_of_range(job, pod.index)
    if uid in books.uncounted["failed"] or not valid:
        return
    if pod.succeeded:
        if job.indexed and pod.index is not None and pod.index not in plan.tally.done_before:
            books.indexes.add(pod.index)
        elif not job.indexed and uid not in books.uncounted["succeeded"]:
            books.uncounted["succeeded"].append(uid)
    elif (pod.failed(job) or (verdict and not verdict.well)) and judged(job, pod).counts:
        books.uncounted["failed"].append(uid)


def _of_indexes(job: Job, plan: Plan, books: _Books) -> Object:
    done = plan.tally.done_before | books.indexes
    found: Object = {"succeeded": len(done), "completedIndexes": index_text(done)}
    if job.index_limit is not None:
        found["failedIndexes"] = index_text(plan.tally.lost)
    return found


def _is_over(job: Job, status: Object, books: _Books) -> bool:
    """Whether the intention was written before, and nothing is left to wait for."""
    intended = job.condition("SuccessCriteriaMet") or job.condition("FailureTarget")
    waits = books.release or any(books.uncounted.values()) or status["terminating"] or status["active"]
    return bool(intended) and not waits


def _conditions(
    scene: Scene, plan: Plan, verdict: Verdict | None
) -> tuple[list[Object], list[tuple[str, str, bool]]]:
    """Those that stand, with the intention to end and with being suspended or not; and what is to be told."""
    job, now = scene.job, scene.now
    held = list(job.status.get("conditions") or ())
    if verdict:
        intention = "SuccessCriteriaMet" if verdict.well else "FailureTarget"
        if not job.condition(intention):
            held.append(_condition(intention, "True", verdict.reason, verdict.message, now))
        return held, []
    if plan.verdict or job.meta.deleting or job.suspended == bool(job.condition("Suspended")):
        return held, []
    others = [each for each in held if each["type"] != "Suspended"]
    if job.suspended:
        changed = _condition("Suspended", "True", "JobSuspended", "Job suspended", now)
        return [*others, changed], [("Suspended", "Job suspended", False)]
    changed = _condition("Suspended", "False", "JobResumed", "Job resumed", now)
    return [*others, changed], [("Resumed", "Job resumed", False)]


def _end_events(job: Job, status: Object, verdict: Verdict) -> list[tuple[str, str, bool]]:
    if not verdict.well:
        return [(verdict.reason, verdict.message, True)]
    found = [("Completed", "Job completed", False)]
    if job.completions is not None and status["succeeded"] > job.completions:
        said = "Too many succeeded pods running after completion count reached"
        found.insert(0, ("TooManySucceededPods", said, True))
    return found


def _condition(kind: str, status: str, reason: str, message: str, now: datetime) -> Object:
    at = _text(now)
    return {
        "type": kind,
        "status": status,
        "lastProbeTime": at,
        "lastTransitionTime": at,
        "reason": reason,
        "message": message,
    }


def _without_zeros(status: Object) -> Object:
    """As the API writes it: some numbers are told though they are 0."""
    left_out = ("active", "succeeded", "failed", "completedIndexes")
    return {key: value for key, value in status.items() if value or key not in left_out}


def _text(now: datetime) -> str:
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")
