"""Every kind has a table whose rows fit its columns."""

import pytest

from mockcloud.kube.kinds import EVENT, KINDS, NODE, SERVICE, Kind
from mockcloud.kube.tables.table import cells, columns

NOW = 1795266000.0  # 2026-11-21T13:00:00Z


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.resource)
def test_rows_fit_columns(kind):
    """A bare object has a cell for each column, and the name is where kubectl looks for it."""
    bare = {"metadata": {"name": "x", "creationTimestamp": "2026-11-21T12:00:00Z"}}
    names = columns(kind)
    row = cells(kind, bare, NOW)
    assert len(row) == len(names)
    assert [cell for cell, column in zip(row, names, strict=True) if column["format"] == "name"] == ["x"]


def test_a_kind_without_a_printer_shows_name_and_age():
    """A new row in the table of kinds works before its printer is written."""
    kind = Kind("example.com", "v1", "Thing", "things")
    bare = {"metadata": {"name": "x", "creationTimestamp": "2026-11-21T12:59:00Z"}}
    assert cells(kind, bare, NOW) == ["x", "60s"]


def test_wide_columns_are_marked():
    """kubectl shows priority 1 with -o wide only."""
    assert [column["name"] for column in columns(SERVICE) if column["priority"]] == ["Selector"]


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
    assert cells(NODE, node, NOW)[1:3] == expected


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
    assert cells(EVENT, event, NOW) == [
        "10s", "Normal", "IPAllocated", "service/web", "", "ctl, node-1", "Assigned IP", "60s", "3", "e",
    ]  # fmt: skip
    newer = {"metadata": {"name": "e"}, "eventTime": "2026-11-21T12:59:00.5Z", "reportingComponent": "ctl"}
    row = cells(EVENT, newer, NOW)
    assert [row[index] for index in (0, 5, 7, 8)] == ["60s", "ctl", "60s", "1"]
    series = {**newer, "series": {"count": 9, "lastObservedTime": "2026-11-21T12:59:55.5Z"}}
    row = cells(EVENT, series, NOW)
    assert (row[0], row[8]) == ("5s", "9")
