"""When a finished Job is to go."""

from datetime import datetime

from mockcloud.controllers.objects.jobs import Job
from mockcloud.controllers.objects.metadata import moment


def seconds_left(job: Job, now: datetime) -> float | None:
    """Seconds until the Job is to be deleted; 0 or less: now. None where it stays."""
    ended = moment((job.end or {}).get("lastTransitionTime"))
    if ended is None or job.ttl is None or job.meta.deleting:
        return None
    return job.ttl - (now - ended).total_seconds()
