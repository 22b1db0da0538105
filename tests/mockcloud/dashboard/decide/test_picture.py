"""The rows of the page, of objects as the API has them."""

from __future__ import annotations

from typing import Any

import pytest

from mockcloud.cluster_defaults import ANNOUNCED
from mockcloud.dashboard.decide import picture
from mockcloud.faults.decide.plan import Fault, Kind
from mockcloud.lab.state import DaemonState, HostState, LabState
from testkit import objects

LAB = LabState(
    "try",
    "running",
    1,
    2,
    hosts=(
        HostState("control-plane", "192.168.10.10", "fd00:10::10", 3),
        HostState("node-1", "192.168.10.11", "", 4),
    ),
    daemons=(DaemonState("kube", "", "ready"), DaemonState("node-1", "node-1", "restarting", 7, 2, "exit 1")),
)


def node(name: str, status: str | None, message: str = "") -> dict[str, Any]:
    ready = {
        "type": "Ready",
        "status": status,
        "lastTransitionTime": "2026-12-01T12:00:00Z",
        "message": message,
    }
    return objects.node(name, ready=None, status={"conditions": [ready]} if status else {})


def service(name: str, message: str = "", status: str = "True", ingress: object = None) -> dict[str, Any]:
    announced = {
        "type": ANNOUNCED,
        "status": status,
        "message": message,
        "lastTransitionTime": "2026-12-01T12:00:01Z",
    }
    told = {
        "conditions": [announced] if message else [],
        "loadBalancer": {"ingress": ingress} if ingress else {},
    }
    ports = [{"port": 80, "nodePort": 30080}]
    return objects.service(
        name,
        metadata={"uid": name},
        status=told,
        type="LoadBalancer",
        clusterIP="10.96.0.7",
        ports=ports,
    )


BY_NODE_1 = "192.168.10.200 by node-1 on eth0 (02:00:00:00:00:01)"


def test_hosts():
    """In the lab's order, with what is known of each; then nodes that the lab has no host for."""
    services = picture.services([service("a", BY_NODE_1), service("b", BY_NODE_1)])
    pods = picture.pods([{"metadata": {"name": "p"}, "spec": {"nodeName": "node-1"}}])
    faults = [Fault(1, Kind.LINK, "", ("node-1",)), Fault(2, Kind.PAUSE, "", daemon="node-1", pid=7)]
    nodes = [node("stranger", None), node("node-1", "False", "no word of it")]
    control, first, stranger = picture.hosts(LAB, nodes, services, pods, faults)
    assert (control.name, control.addresses, control.ready) == (
        "control-plane",
        ("192.168.10.10", "fd00:10::10"),
        "",
    )
    assert first == picture.HostRow(
        "node-1",
        ("192.168.10.11",),
        "False",
        "2026-12-01T12:00:00Z",
        "no word of it",
        ("192.168.10.200",),
        (picture.DaemonRow("node-1", "restarting", 2, "exit 1"),),
        1,
        ("no frame passes to or from node-1", "node-1 stands still (process 7)"),
    )
    assert (stranger.name, stranger.addresses, stranger.ready, stranger.faults) == (
        "stranger",
        (),
        "Unknown",
        (),
    )
    assert [each.name for each in picture.daemons_on(LAB, "")] == ["kube"]


@pytest.mark.parametrize(
    ("message", "status", "announced", "announcers"),
    [
        pytest.param(BY_NODE_1, "True", "True", ("node-1",), id="one"),
        pytest.param(
            f"{BY_NODE_1}; fd00:10::200 by node-2 on eth0 (02:00:00:00:00:02)",
            "True",
            "True",
            ("node-1", "node-2"),
            id="each family by another",
        ),
        pytest.param("no node may announce it", "False", "False", (), id="nobody"),
        pytest.param("", "True", "", (), id="no word of it"),
    ],
)
def test_who_announces_a_service(message, status, announced, announcers):
    """As its condition says."""
    (row,) = picture.services([service("web", message, status)])
    assert (row.announced, row.announcers, row.said) == (announced, announcers, message)


def test_a_service():
    """Addresses and ports as kubectl shows them."""
    ingress = [{"ip": "192.168.10.200"}, {"hostname": "lb.example"}, {}]
    (row,) = picture.services([service("web", BY_NODE_1, ingress=ingress)])
    assert (row.key, row.namespace, row.name, row.type) == ("web", "default", "web", "LoadBalancer")
    assert (row.cluster_ip, row.external) == ("10.96.0.7", ("192.168.10.200", "lb.example"))
    assert (row.ports, row.since) == (("80:30080/TCP",), "2026-12-01T12:00:01Z")
    bare = {"metadata": {"name": "x"}, "spec": {"externalName": "db.example"}}
    assert picture.services([bare])[0].cluster_ip == "db.example"


def test_addresses_that_nobody_announces_are_no_hosts():
    """What a message says of an address that is not announced now is not believed."""
    assert picture.announcements(picture.services([service("a", BY_NODE_1, "False")])) == {}
    both = "192.168.10.200, fd00:10::200 by node-1 on eth0 (02:00:00:00:00:01), eth1 (02:00:00:00:00:02)"
    told = picture.announcements(
        picture.services([service("a", f"{both}; 10.0.0.1 by node-2 on eth0 (03:)")])
    )
    assert told == {"node-1": ["192.168.10.200", "fd00:10::200"], "node-2": ["10.0.0.1"]}


WAITING = {"containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}], "phase": "Running"}


@pytest.mark.parametrize(
    ("metadata", "status", "phase"),
    [
        pytest.param({}, {"phase": "Running"}, "Running", id="running"),
        pytest.param({"deletionTimestamp": "x"}, {"phase": "Running"}, "Terminating", id="deleted"),
        pytest.param({}, {"phase": "Failed", "reason": "Evicted"}, "Evicted", id="why it failed"),
        pytest.param({}, WAITING, "CrashLoopBackOff", id="why a container waits"),
        pytest.param(
            {},
            {
                "phase": "Succeeded",
                "containerStatuses": [{"state": {"terminated": {"reason": "Completed"}}}],
            },
            "Completed",
            id="how it ended",
        ),
        pytest.param({}, {}, "Unknown", id="no status yet"),
    ],
)
def test_phases(metadata, status, phase):
    """As kubectl's column STATUS."""
    assert picture.pod_phase({"metadata": {"name": "p", **metadata}, "status": status}) == phase


def test_pods():
    """By namespace and name; readiness and restarts of all containers."""
    status = {
        "phase": "Running",
        "podIP": "10.244.1.3",
        "startTime": "2026-12-01T12:00:00Z",
        "containerStatuses": [{"ready": True, "restartCount": 2}, {"ready": False, "restartCount": 1}],
    }
    spec = {"nodeName": "node-1", "containers": [{}, {}]}
    web = {"metadata": {"name": "web", "namespace": "default", "uid": "u"}, "spec": spec, "status": status}
    first, second = picture.pods([web, {"metadata": {"name": "a", "namespace": "default"}}])
    assert (first.key, first.name, first.ready, first.node) == ("default/a", "a", "0/0", "")
    assert second == picture.PodRow(
        "u", "default", "web", "Running", "1/2", 3, "node-1", "10.244.1.3", "2026-12-01T12:00:00Z"
    )


def event(number: int, **more: object) -> dict[str, Any]:
    return {"metadata": {"name": f"e{number}", "namespace": "default", "uid": str(number)}, **more}


def test_events():
    """The newest first, by when each was last seen, and not more than a page can bear."""
    many = [event(n, lastTimestamp=f"2026-12-01T12:{n // 60:02}:{n % 60:02}Z") for n in range(200)]
    rows = picture.events(many)
    assert (len(rows), rows[0].key, rows[-1].key) == (picture.MOST_EVENTS, "199", "100")
    series = {"lastObservedTime": "2026-12-01T13:00:00.000000Z", "count": 9}
    about = {"kind": "Pod", "namespace": "default", "name": "web"}
    (row,) = picture.events(
        [event(1, type="Warning", reason="BackOff", message="<b>", series=series, involvedObject=about)]
    )
    assert row == picture.EventRow(
        "1", "2026-12-01T13:00:00.000000Z", "Warning", "BackOff", "Pod default/web", "<b>", 9
    )
