"""How long a Job waits before it makes another pod: 10 s after a failure, twice as long after each more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mockcloud.controllers.job.pods import JobPod

FIRST: Final = 10.0
LONGEST: Final = 360.0


@dataclass(frozen=True, slots=True)
class Record:
    """Failures since the last success, and the time of the last of them."""

    failures: int = 0
    last: datetime | None = None


def noted(record: Record, succeeded: Sequence[JobPod], failed: Sequence[JobPod]) -> Record:
    """The record after these pods have ended."""
    ends = sorted(pod.ended for pod in failed if pod.ended)
    if succeeded:
        success = max(pod.ended for pod in succeeded if pod.ended)
        ends = [each for each in ends if each > success]
        record = Record()
    if not ends:
        return record
    return Record(record.failures + len(ends), ends[-1])


def remaining(record: Record, now: datetime) -> float:
    """Seconds until the next pod may be made; 0 where it may be made now."""
    if not record.failures or record.last is None:
        return 0.0
    wait = min(FIRST * 2.0 ** min(record.failures - 1, 10), LONGEST)
    return max(0.0, (record.last + timedelta(seconds=wait) - now).total_seconds())
