"""Sets and pods from the API's objects, short to write."""

from datetime import UTC, datetime, timedelta

import pytest

from mockcloud.controllers.objects.pods import parse_pod
from mockcloud.controllers.objects.volume_claims import parse_volume_claim
from mockcloud.controllers.statefulset.objects import parse_stateful_set
from testkit import objects

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TEMPLATE = {
    "metadata": {"labels": {"app": "db"}, "annotations": {"note": "x"}},
    "spec": {"containers": [{"name": "c", "image": "db:1"}], "volumes": [{"name": "own", "emptyDir": {}}]},
}


class Maker:
    """`set`, `pod`, `claim`; `now` is noon."""

    now = NOW

    def set(self, *, status=None, deleting=False, name="db", **spec):
        meta = {"namespace": "ns", "name": name, "uid": "set", "generation": 4}
        if deleting:
            meta["deletionTimestamp"] = NOW.isoformat()
        whole = {
            "replicas": 3,
            "serviceName": "db",
            "selector": {"matchLabels": {"app": "db"}},
            "template": TEMPLATE,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            **spec,
        }
        return parse_stateful_set({"metadata": meta, "spec": whole, "status": status or {}})

    def pod(self, name, state="ready", revision="new", since=60):
        """`state`: ready, running (not ready), leaving (ready still), pending, Failed, Succeeded."""
        phase = {"ready": "Running", "running": "Running", "leaving": "Running", "pending": "Pending"}.get(
            state, state
        )
        meta = {
            "uid": f"uid of {name}",
            "labels": {"controller-revision-hash": revision},
        }
        if state == "leaving":
            meta["deletionTimestamp"] = NOW.isoformat()
        ready = {
            "type": "Ready",
            "status": str(state in ("ready", "leaving")),
            "lastTransitionTime": (NOW - timedelta(seconds=since)).isoformat(),
        }
        status = {"phase": phase, "conditions": [ready]}
        return parse_pod(objects.pod(name, namespace="ns", metadata=meta, status=status))

    def claim(self, name, owners=(), **more):
        meta = {"namespace": "ns", "name": name, "uid": "claim", "ownerReferences": list(owners), **more}
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        return parse_volume_claim({"metadata": meta, "spec": spec})


@pytest.fixture(scope="session")
def make():
    return Maker()
