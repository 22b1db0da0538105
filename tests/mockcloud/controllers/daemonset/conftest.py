"""DaemonSets, nodes and pods from the API's objects, short to write."""

from datetime import UTC, datetime, timedelta

import pytest

from mockcloud.controllers.daemonset.objects import parse_daemon_set
from mockcloud.controllers.daemonset.plan import scene
from mockcloud.controllers.objects.affinity import only
from mockcloud.controllers.objects.nodes import parse_node
from mockcloud.controllers.objects.pods import parse_pod
from testkit import objects

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


class Maker:
    """`set`, `node`, `pod` and `scene`; `now` is noon."""

    now = NOW

    def set(self, *, deleting=False, status=None, pod_spec=None, rolling=None, **spec):
        meta = {"uid": "set", "generation": 4}
        if deleting:
            meta["deletionTimestamp"] = NOW.isoformat()
        if rolling is not None:
            spec["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": rolling}
        body = objects.daemon_set(
            "agent", namespace="ns", metadata=meta, status=status or {}, pod_spec=pod_spec, **spec
        )
        return parse_daemon_set(body)

    def node(self, name, labels=None, taints=()):
        """Taints as `key=effect`."""
        listed = [
            {"key": key, "effect": effect} for key, _, effect in (each.partition("=") for each in taints)
        ]
        meta = {"uid": name, "labels": labels or {}}
        return parse_node(objects.node(name, metadata=meta, taints=listed))

    def pod(self, name, where, words="", since=60, age=0):
        """`words`: old (of another revision), running (not ready), leaving, pending (not bound), Failed"""
        words = words.split()
        phase = next(
            (word for word in words if word[0].isupper()), "Pending" if "pending" in words else "Running"
        )
        meta = {
            "uid": f"uid of {name}",
            "labels": {"app": "agent", "controller-revision-hash": "old" if "old" in words else "new"},
            "creationTimestamp": (NOW - timedelta(seconds=age)).isoformat(),
        }
        if "leaving" in words:
            meta["deletionTimestamp"] = NOW.isoformat()
        ready = phase == "Running" and "running" not in words
        moment = (NOW - timedelta(seconds=since)).isoformat()
        condition = {"type": "Ready", "status": str(ready), "lastTransitionTime": moment}
        spec = {"affinity": {"nodeAffinity": only(where)}}
        if "pending" not in words:
            spec["nodeName"] = where
        status = {"phase": phase, "conditions": [condition]}
        return parse_pod(objects.pod(name, namespace="ns", metadata=meta, status=status, **spec))

    def scene(self, owner, pods, nodes="abc"):
        """`pods`: node -> words of its pods, the oldest first. Nodes are letters, or values."""
        listed = []
        for where, states in pods.items():
            each = [states] if isinstance(states, str) else states
            listed += [self.pod(f"{where}{i}", where, state, age=9 - i) for i, state in enumerate(each)]
        known = [self.node(one) if isinstance(one, str) else one for one in nodes]
        return scene(owner, "new", known, listed, NOW)


@pytest.fixture(scope="session")
def make():
    return Maker()
