"""The TTL-after-finished controller: `spec.ttlSecondsAfterFinished` of Jobs."""

from mockcloud.client.clock import utc_now
from mockcloud.client.objects import Key
from mockcloud.client.resources import JOBS
from mockcloud.controllers.objects.jobs import parse_job
from mockcloud.controllers.runtime.context import ControllerContext
from mockcloud.controllers.runtime.workqueue import WorkQueue
from mockcloud.controllers.ttl_after_finished.plan import seconds_left


class TtlAfterFinished:
    """`queue.run_workers` is the controller."""

    def __init__(self, context: ControllerContext) -> None:
        self.queue = WorkQueue("ttl-after-finished", self.sync_job, workers=1)
        self._client = context.client
        self._jobs = context.collection(JOBS, parse_job)
        self._jobs.subscribe(lambda key, _old, _new: self.queue.add(key))

    async def sync_job(self, key: Key) -> float | None:
        """Delete the Job, with its pods, where its time has come."""
        job = self._jobs.get(key)
        left = None if job is None else seconds_left(job, utc_now())
        if job is None or left is None or left > 0:
            return left
        options = {"propagationPolicy": "Foreground", "preconditions": {"uid": job.meta.uid}}
        await self._client.delete_with(JOBS, job.meta.name, options, namespace=job.meta.namespace)
        return None
