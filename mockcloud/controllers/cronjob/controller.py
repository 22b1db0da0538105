"""The CronJob controller: makes Jobs when their time has come, and removes old ones."""

from mockcloud.client.clock import utc_now
from mockcloud.client.errors import ApiError
from mockcloud.client.objects import Key, Object
from mockcloud.client.resources import CRON_JOBS, JOBS
from mockcloud.controllers.cronjob.objects import CronJob, parse_cron_job
from mockcloud.controllers.cronjob.plan import Plan, Told, job_of, plan, reconciled, surplus, with_active
from mockcloud.controllers.objects.jobs import Job, parse_job
from mockcloud.controllers.objects.metadata import parse_meta
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.expectations import RECHECK_SECONDS, Expectations
from mockcloud.controllers.runtime.indexes import by_owner
from mockcloud.controllers.runtime.status_writer import status_patch
from mockcloud.controllers.runtime.workqueue import WorkQueue


class CronJobController:
    """Owns Jobs; `queue.run_workers` is the controller."""

    def __init__(self, context: ControllerContext) -> None:
        self.queue = WorkQueue("cronjob", self.sync_cron_job, workers=2)
        self._client = context.client
        self._recorder = context.recorder("cronjob-controller")
        self._cron_jobs = context.collection(CRON_JOBS, parse_cron_job)
        self._jobs = context.collection(JOBS, parse_job, by_owner)
        self._own_expected = Expectations(self._cron_jobs.informer)
        self._jobs_expected = Expectations(self._jobs.informer)
        self._cron_jobs.subscribe(lambda key, _old, _new: self.queue.add(key))
        self._jobs.subscribe(self._job_changed)

    async def sync_cron_job(self, key: Key) -> float | None:
        """Make the Job that is due; seconds until the next one is."""
        cron_job = self._cron_jobs.get(key)
        if cron_job is None:
            self._own_expected.forget(key)
            self._jobs_expected.forget(key)
            return None
        if not all([each.satisfied(key) for each in (self._own_expected, self._jobs_expected)]):
            return RECHECK_SECONDS
        jobs = self._jobs.having(("owner", cron_job.meta.uid))
        status, events = reconciled(cron_job, jobs)
        todo = plan(cron_job, status.get("active", ()), utc_now())
        self._tell(cron_job, [*events, *todo.events])
        try:
            status = await self._make(cron_job, todo, status)
        finally:
            await self._write_status(cron_job, status)
        for job in surplus(cron_job, jobs):
            await self._delete(cron_job, job.meta.name, job.meta.uid)
        return todo.wait

    def _job_changed(self, _key: Key, old: Job | None, new: Job | None) -> None:
        for job in (old, new):
            for owner in job.meta.owners if job else ():
                if job and owner.controller and owner.kind == "CronJob":
                    self.queue.add((job.meta.namespace, owner.name))

    async def _make(self, cron_job: CronJob, todo: Plan, status: Object) -> Object:
        """The status after the Job that is due has been made."""
        if todo.due is None:
            return status
        for reference in todo.replaced:
            await self._delete(cron_job, reference["name"], reference["uid"])
        if todo.replaced:
            status = {key: value for key, value in status.items() if key != "active"}
        made = await self._made(cron_job, job_of(cron_job, todo.due))
        if made is None or any(each["uid"] == made["metadata"]["uid"] for each in status.get("active", ())):
            return status
        return with_active(status, made, todo.due)

    async def _made(self, cron_job: CronJob, body: Object) -> Object | None:
        """The Job, new or from a write whose answer was lost; None where its name is another's."""
        name = body["metadata"]["name"]
        try:
            made = await self._client.create(JOBS, body)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                if not error.namespace_ending:
                    said = f"Error creating job: {error.message}"
                    self._tell(cron_job, [Told("FailedCreate", said, warning=True)])
                raise
            held = await self._client.get(JOBS, name, cron_job.meta.namespace)
            return held if parse_meta(held).controller == cron_job.meta.uid else None
        self._tell(cron_job, [Told("SuccessfulCreate", f"Created job {name}")])
        self._jobs_expected.wrote(cron_job.meta.key, made)
        return made

    async def _delete(self, cron_job: CronJob, name: str, uid: str) -> None:
        options = {"propagationPolicy": "Background", "preconditions": {"uid": uid}}
        try:
            await self._client.delete_with(JOBS, name, options, namespace=cron_job.meta.namespace)
        except ApiError as error:
            self._tell(cron_job, [Told("FailedDelete", f"Deleted job: {error.message}", warning=True)])
            raise
        self._jobs_expected.deleted(cron_job.meta.key, (cron_job.meta.namespace, name), uid)
        self._tell(cron_job, [Told("SuccessfulDelete", f"Deleted job {name}")])

    async def _write_status(self, cron_job: CronJob, wanted: Object) -> None:
        patch = status_patch(cron_job.status, wanted)
        if patch is None:
            return
        meta = cron_job.meta
        try:
            answer = await self._client.patch(
                CRON_JOBS, meta.name, patch, namespace=meta.namespace, subresource="status"
            )
        except ApiError as error:
            if error.status != 404:
                raise
            return
        self._own_expected.wrote(meta.key, answer)

    def _tell(self, cron_job: CronJob, events: list[Told]) -> None:
        obj = self._cron_jobs.raw(cron_job.meta.key)
        if obj is not None:
            for event in events:
                self._recorder.record(obj, event.reason, event.message, warning=event.warning)
