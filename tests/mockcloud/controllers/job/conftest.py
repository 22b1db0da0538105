"""Jobs and their pods as values, short to write; `now` is noon."""

from datetime import UTC, datetime, timedelta

import pytest

from mockcloud.controllers.job.backoff import Record
from mockcloud.controllers.job.plan import Scene
from mockcloud.controllers.job.pods import FAILURES, FINALIZER, INDEX, job_pod
from mockcloud.controllers.objects.jobs import parse_job
from mockcloud.controllers.objects.pods import parse_pod
from testkit import objects

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


class Maker:
    """`job`, `pod` and `scene`."""

    now = NOW

    def job(self, *, status=None, deleting=False, **spec):
        meta = {"uid": "job", **({"deletionTimestamp": NOW.isoformat()} if deleting else {})}
        return parse_job(objects.job("once", namespace="ns", metadata=meta, status=status or {}, **spec))

    def pod(self, name, phase="Running", *, index=None, code=None, ago=0, **how):
        notes = {} if index is None else {INDEX: str(index), FAILURES: str(how.get("failures", 0))}
        meta = {"uid": name, "annotations": notes, "finalizers": [FINALIZER] * (not how.get("counted"))}
        meta["creationTimestamp"] = (NOW - timedelta(seconds=3600 + ago)).isoformat()
        if how.get("deleting"):
            meta["deletionTimestamp"] = NOW.isoformat()
        ended = (NOW - timedelta(seconds=ago)).isoformat()
        state = {} if code is None else {"terminated": {"exitCode": code, "finishedAt": ended}}
        container = {"name": "c", "restartCount": how.get("restarts", 0), "state": state}
        status = {"phase": phase, "containerStatuses": [container]}
        status["conditions"] = [{"type": kind, "status": "True"} for kind in how.get("conditions", ())]
        obj = objects.pod(name, namespace="ns", metadata=meta, status=status, nodeName="n")
        return job_pod(parse_pod(obj), obj)

    def failed(self, name, **how):
        return self.pod(name, "Failed", **{"code": 1, **how})

    def done(self, name, **how):
        return self.pod(name, "Succeeded", **{"code": 0, **how})

    def scene(self, job, *pods, record=None):
        return Scene(job, list(pods), record or Record(), NOW)


@pytest.fixture
def make():
    return Maker()
