"""Every kind has a table whose rows fit its columns."""

import pytest

from mockcloud.kube.resources.apps.controllerrevision import CONTROLLER_REVISION
from mockcloud.kube.resources.apps.statefulset import STATEFUL_SET
from mockcloud.kube.resources.built_in import BUILT_IN
from mockcloud.kube.resources.core.node import NODE
from mockcloud.kube.resources.core.persistentvolumeclaim import PERSISTENT_VOLUME_CLAIM
from mockcloud.kube.resources.events import EVENT
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.services.service import SERVICE

NOW = 1795266000.0  # 2026-11-21T13:00:00Z


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.resource)
def test_rows_fit_columns(kind):
    """A bare object has a cell for each column, and the name is where kubectl looks for it."""
    bare = {"metadata": {"name": "x", "creationTimestamp": "2026-11-21T12:00:00Z"}}
    names = kind.printer.definitions()
    row = kind.printer.row(bare, NOW)
    assert len(row) == len(names)
    named = [cell for cell, column in zip(row, names, strict=True) if column["format"] == "name"]
    assert named[0] == "x"


def test_a_kind_without_a_printer_shows_name_and_age():
    """A new row in the table of kinds works before its printer is written."""
    kind = Kind("example.com", "v1", "Thing", "things")
    bare = {"metadata": {"name": "x", "creationTimestamp": "2026-11-21T12:59:00Z"}}
    assert kind.printer.row(bare, NOW) == ["x", "60s"]


def test_wide_columns_are_marked():
    """kubectl shows priority 1 with -o wide only."""
    assert [column["name"] for column in SERVICE.printer.definitions() if column["priority"]] == ["Selector"]


@pytest.mark.parametrize(
    ("conditions", "spec", "labels", "expected"),
    [
        pytest.param([], {}, {}, ["Unknown", "<none>"], id="new"),
        pytest.param([{"type": "Ready", "status": "True"}], {}, {}, ["Ready", "<none>"], id="ready"),
        pytest.param([{"type": "Ready", "status": "Unknown"}], {}, {}, ["NotReady", "<none>"], id="lost"),
        pytest.param(
            [{"type": "Ready", "status": "True"}],
            {"unschedulable": True},
            {"node-role.kubernetes.io/control-plane": "", "kubernetes.io/role": "edge"},
            ["Ready,SchedulingDisabled", "control-plane,edge"],
            id="cordoned-with-roles",
        ),
    ],
)
def test_nodes(conditions, spec, labels, expected):
    """STATUS and ROLES of a node."""
    node = {"metadata": {"name": "n", "labels": labels}, "spec": spec, "status": {"conditions": conditions}}
    assert NODE.printer.row(node, NOW)[1:3] == expected


def test_events():
    """When, what, about whom; a series counts for itself."""
    event = {
        "metadata": {"name": "e"},
        "type": "Normal",
        "reason": "IPAllocated",
        "message": " Assigned IP \n",
        "involvedObject": {"kind": "Service", "name": "web"},
        "source": {"component": "ctl", "host": "node-1"},
        "firstTimestamp": "2026-11-21T12:59:00Z",
        "lastTimestamp": "2026-11-21T12:59:50Z",
        "count": 3,
    }
    assert EVENT.printer.row(event, NOW) == [
        "10s", "Normal", "IPAllocated", "service/web", "", "ctl, node-1", "Assigned IP", "60s", "3", "e",
    ]  # fmt: skip
    newer = {"metadata": {"name": "e"}, "eventTime": "2026-11-21T12:59:00.5Z", "reportingComponent": "ctl"}
    row = EVENT.printer.row(newer, NOW)
    assert [row[index] for index in (0, 5, 7, 8)] == ["60s", "ctl", "60s", "1"]
    series = {**newer, "series": {"count": 9, "lastObservedTime": "2026-11-21T12:59:55.5Z"}}
    row = EVENT.printer.row(series, NOW)
    assert (row[0], row[8]) == ("5s", "9")


def test_stateful_sets_and_their_revisions():
    """How many are ready, and whose history it is."""
    template = {"spec": {"containers": [{"name": "c", "image": "i"}]}}
    found = {
        "metadata": {"name": "db", "creationTimestamp": "2026-11-21T12:59:00Z"},
        "spec": {"replicas": 3, "template": template},
        "status": {"readyReplicas": 2},
    }
    assert STATEFUL_SET.printer.row(found, NOW) == ["db", "2/3", "60s", "c", "i"]
    owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "controller": True}
    revision = {**found, "metadata": {**found["metadata"], "ownerReferences": [owner]}, "revision": 2}
    assert CONTROLLER_REVISION.printer.row(revision, NOW) == ["db", "statefulset.apps/db", "2", "60s"]
    owner["apiVersion"] = "v1"
    assert CONTROLLER_REVISION.printer.row(revision, NOW)[1] == "statefulset/db"


def test_claims():
    """What is bound shows its size and modes; one that goes says so."""
    claim = {
        "metadata": {"name": "data", "creationTimestamp": "2026-11-21T12:59:00Z"},
        "spec": {"volumeMode": "Filesystem", "storageClassName": "fast"},
        "status": {"phase": "Pending"},
    }
    waiting = ["data", "Pending", "", "", "", "fast", "<unset>", "60s", "Filesystem"]
    assert PERSISTENT_VOLUME_CLAIM.printer.row(claim, NOW) == waiting
    claim["spec"]["volumeName"] = "pvc-1"
    claim["status"] = {
        "phase": "Bound",
        "accessModes": ["ReadWriteMany", "ReadWriteOnce"],
        "capacity": {"storage": "1Gi"},
    }
    assert PERSISTENT_VOLUME_CLAIM.printer.row(claim, NOW)[1:5] == ["Bound", "pvc-1", "1Gi", "RWO,RWX"]
    claim["metadata"]["deletionTimestamp"] = "2026-11-21T12:59:30Z"
    assert PERSISTENT_VOLUME_CLAIM.printer.row(claim, NOW)[1] == "Terminating"
