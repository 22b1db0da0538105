"""The Job controller: makes pods, counts how they end, and says when that is enough."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Final

from mockcloud.client.clock import utc_now
from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Key
from mockcloud.client.resources import JOBS, PODS
from mockcloud.controllers.adoption.writer import Adopter
from mockcloud.controllers.job.backoff import Record, noted
from mockcloud.controllers.job.plan import Plan, Scene, plan
from mockcloud.controllers.job.pods import FINALIZER, JobPod, job_pod, made_pod
from mockcloud.controllers.job.policies import judged
from mockcloud.controllers.job.status import Done, Settlement, settled, status_patch
from mockcloud.controllers.objects.jobs import OWN_MANAGER, Job, parse_job
from mockcloud.controllers.objects.metadata import Meta
from mockcloud.controllers.objects.pods import Pod
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.expectations import RECHECK_SECONDS, Expectations
from mockcloud.controllers.runtime.indexes import by_namespace, candidate_keys
from mockcloud.controllers.runtime.workqueue import WorkQueue

KIND: Final = "Job"


class JobController:
    """Owns pods; `queue` keeps Jobs, `orphans` lets pods go whose Job is gone."""

    def __init__(self, context: ControllerContext) -> None:
        self.queue = WorkQueue("job", self.sync_job)
        self.orphans = WorkQueue("pods without their job", self.free_pod, workers=2)
        self._context = context
        self._recorder = context.recorder("job-controller")
        self._jobs = context.collection(JOBS, parse_job, by_namespace)
        self._adopter = Adopter(context.client, KIND, JOBS.group_version)
        self._pods_expected = Expectations(context.pods.informer)
        self._jobs_expected = Expectations(self._jobs.informer)
        self._records: dict[str, Record] = {}  # by the Job's uid
        self._jobs.subscribe(self._job_changed)
        context.pods.subscribe(self._pod_changed)

    async def sync_job(self, key: Key) -> float | None:
        """Bring one Job's pods and status to where they should be; seconds until time alone changes that."""
        job = self._jobs.get(key)
        if job is None or job.end or job.managed_by != OWN_MANAGER:
            self._pods_expected.forget(key)
            self._jobs_expected.forget(key)
            return None
        if not all([each.satisfied(key) for each in (self._pods_expected, self._jobs_expected)]):
            return RECHECK_SECONDS
        candidates = self._context.pods.having(*candidate_keys(job.meta))
        owned = await self._adopter.owned(job, PODS, self._pods_expected, candidates)
        if owned is None:
            return RECHECK_SECONDS
        pods = [job_pod(pod, raw) for pod in owned if (raw := self._context.pods.raw(pod.meta.key))]
        scene = Scene(job, pods, self._records.get(job.meta.uid, Record()), utc_now())
        todo = plan(scene)
        created: list[str] = []
        gone: set[str] = set()
        try:
            await self._carry_out(job, todo, created, gone)
        finally:
            await self._settle(scene, todo, settled(scene, todo, Done(len(created), frozenset(gone))))
        return todo.wait

    async def free_pod(self, key: Key) -> None:
        """Let a pod go that no Job will ever count."""
        pod = self._context.pods.get(key)
        if pod is None or FINALIZER not in pod.meta.finalizers:
            return
        owner = next((each for each in pod.meta.owners if each.controller), None)
        job = self._jobs.get((key[0], owner.name)) if owner and owner.kind == KIND else None
        if job is None or owner is None or job.meta.uid != owner.uid or job.end:
            await self._let_go(pod.meta)

    def _job_changed(self, key: Key, old: Job | None, new: Job | None) -> None:
        self.queue.add(key)
        if old is not None and (new is None or new.end or new.meta.uid != old.meta.uid):
            self._records.pop(old.meta.uid, None)
            for pod in self._context.pods.having(("owner", old.meta.uid)):
                self.orphans.add(pod.meta.key)

    def _pod_changed(self, key: Key, old: Pod | None, new: Pod | None) -> None:
        """Wake whoever owns the pod, or owned it, or might adopt it."""
        for pod in (old, new):
            if pod is not None:
                self._wake(pod.meta)
        if new is not None and FINALIZER in new.meta.finalizers:
            self.orphans.add(key)

    def _wake(self, meta: Meta) -> None:
        for owner in meta.owners:
            if owner.controller and owner.kind == KIND:
                self.queue.add((meta.namespace, owner.name))
        if meta.controller is None:
            for each in self._jobs.having(("namespace", meta.namespace)):
                if each.selector.matches(meta.labels):
                    self.queue.add(each.meta.key)

    async def _carry_out(self, job: Job, todo: Plan, created: list[str], gone: set[str]) -> None:
        """Create in batches of 1, 2, 4...: where the first is refused, the rest need not be tried."""
        left, batch = list(todo.create), 1
        while left:
            now, left = left[:batch], left[batch:]
            await _all(self._create(job, todo, index, created) for index in now)
            batch *= 2
        await _all(self._remove(job, pod, gone) for pod in todo.remove)
        await _all(self._delete(job, pod, gone) for pod in todo.end)

    async def _create(self, job: Job, todo: Plan, index: int | None, created: list[str]) -> None:
        replaced = None if index is None else todo.tally.last_of_index.get(index)
        ignored = replaced is not None and not judged(job, replaced).counts
        try:
            made = await self._context.client.create(PODS, made_pod(job, index, replaced, ignored=ignored))
        except ApiError as error:
            if not error.namespace_ending:
                self._record(job, "FailedCreate", f"Error creating: {error.message}", warning=True)
            raise
        created.append(made["metadata"]["name"])
        self._pods_expected.wrote(job.meta.key, made)
        self._record(job, "SuccessfulCreate", f"Created pod: {made['metadata']['name']}")

    async def _remove(self, job: Job, pod: JobPod, gone: set[str]) -> None:
        """End a pod that counts as nothing: its finalizer goes first."""
        if not pod.counted:
            await self._let_go(pod.meta, job)
        await self._delete(job, pod, gone)

    async def _delete(self, job: Job, pod: JobPod, gone: set[str]) -> None:
        meta = pod.meta
        try:
            await self._context.client.delete(PODS, meta.name, namespace=meta.namespace, uid=meta.uid)
        except ApiError as error:
            self._record(job, "FailedDelete", f"Error deleting: {error.message}", warning=True)
            raise
        gone.add(meta.uid)
        self._pods_expected.deleted(job.meta.key, meta.key, meta.uid)
        self._record(job, "SuccessfulDelete", f"Deleted pod: {meta.name}")

    async def _settle(self, scene: Scene, todo: Plan, settlement: Settlement) -> None:
        """Write the status first: a pod that is let go is listed in it, or counted."""
        job = scene.job
        patch = status_patch(job.status, settlement.status)
        if patch is not None:
            patch["metadata"] = {"uid": job.meta.uid}
            answer = await self._context.client.patch(
                JOBS, job.meta.name, patch, namespace=job.meta.namespace, subresource="status"
            )
            self._jobs_expected.wrote(job.meta.key, answer)
        if not job.end:
            record = noted(scene.record, todo.tally.new_succeeded, todo.tally.new_failed)
            self._records[job.meta.uid] = record
        for reason, message, warning in settlement.events:
            self._record(job, reason, message, warning=warning)
        await _all(self._let_go(pod.meta, job) for pod in settlement.release)

    async def _let_go(self, meta: Meta, job: Job | None = None) -> None:
        kept = [each for each in meta.finalizers if each != FINALIZER]
        patch = {"metadata": {"uid": meta.uid, "finalizers": kept or None}}
        try:
            answer = await self._context.client.patch(PODS, meta.name, patch, namespace=meta.namespace)
        except ApiError as error:
            if error.status != 404:
                raise
            return
        if job is not None:
            self._pods_expected.wrote(job.meta.key, answer)

    def _record(self, job: Job, reason: str, message: str, *, warning: bool = False) -> None:
        obj = self._jobs.raw(job.meta.key)
        if obj is not None:
            self._recorder.record(obj, reason, message, warning=warning)


async def _all(work: Iterable[Awaitable[None]]) -> None:
    """Do it all, then raise what was raised first."""
    for each in await asyncio.gather(*work, return_exceptions=True):
        if each is not None:
            raise each
