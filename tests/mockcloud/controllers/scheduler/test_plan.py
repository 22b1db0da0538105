"""The scheduler's decision: fitting nodes, reasons, spread."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockcloud.controllers.objects.affinity import only
from mockcloud.controllers.objects.nodes import parse_node
from mockcloud.controllers.objects.pods import parse_pod
from mockcloud.controllers.scheduler.filters import Cluster
from mockcloud.controllers.scheduler.load import Load
from mockcloud.controllers.scheduler.plan import Placed, Unplaced, pending, place
from testkit import objects


def pod(name="p", owner="rs", phase="Pending", node="", **spec):
    references = [
        {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": owner, "uid": owner, "controller": True}
    ]
    meta = {"uid": name, "ownerReferences": references if owner else []}
    spec = {"nodeName": node, **spec}
    return parse_pod(objects.pod(name, namespace="ns", metadata=meta, status={"phase": phase}, **spec))


def node(name, ready="True", labels=None, **spec):
    return parse_node(objects.node(name, ready=ready, metadata={"uid": name, "labels": labels or {}}, **spec))


def taint(key, effect="NoSchedule", value=""):
    return {"key": key, "effect": effect, "value": value}


PREFERS_B = {
    "nodeAffinity": {
        "preferredDuringSchedulingIgnoredDuringExecution": [
            {
                "weight": 1,
                "preference": {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]},
            }
        ]
    }
}
NO_VICTIMS = " preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
TAIL = " preemption: 0/{0} nodes are available: {0} Preemption is not helpful for scheduling."


@pytest.mark.parametrize(
    ("spec", "nodes", "expected"),
    [
        pytest.param({}, [], "no nodes available to schedule pods", id="no-node"),
        pytest.param({}, [node("b"), node("a")], "a", id="by-name-at-last"),
        pytest.param({}, [node("a", ready="Unknown"), node("b")], "b", id="not-ready-is-avoided"),
        pytest.param(
            {},
            [node("a", ready=""), node("b", unschedulable=True), node("c", unschedulable=True)],
            "0/3 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }, "
            "2 node(s) were unschedulable." + TAIL.format(3),
            id="each-reason-is-counted",
        ),
        pytest.param(
            {"nodeSelector": {"disk": "ssd"}},
            [node("a"), node("b", labels={"disk": "ssd"})],
            "b",
            id="node-selector",
        ),
        pytest.param(
            {"nodeSelector": {"disk": "ssd"}},
            [node("a")],
            "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector." + TAIL.format(1),
            id="selector-matches-none",
        ),
        pytest.param(
            {},
            [node("a", taints=[taint("gpu", value="yes")])],
            "0/1 nodes are available: 1 node(s) had untolerated taint {gpu: yes}." + TAIL.format(1),
            id="taint",
        ),
        pytest.param(
            {"tolerations": [{"key": "gpu", "value": "yes"}]},
            [node("a", taints=[taint("gpu", value="yes")])],
            "a",
            id="tolerated-by-value",
        ),
        pytest.param(
            {"tolerations": [{"operator": "Exists"}]},
            [node("a", unschedulable=True, taints=[taint("gpu", "NoExecute")])],
            "a",
            id="tolerates-everything",
        ),
        pytest.param({}, [node("a", taints=[taint("x", "PreferNoSchedule")])], "a", id="a-mere-preference"),
        pytest.param(
            {"affinity": {"nodeAffinity": only("b")}}, [node("a"), node("b")], "b", id="by-affinity"
        ),
        pytest.param(
            {"affinity": {"nodeAffinity": only("c")}},
            [node("a"), node("b")],
            "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector." + TAIL.format(2),
            id="affinity-to-nobody",
        ),
        pytest.param(
            {"affinity": PREFERS_B}, [node("a"), node("b", labels={"disk": "ssd"})], "b", id="preferred"
        ),
    ],
)
def test_place(spec, nodes, expected):
    """Each row: a pod's spec, the nodes, and where it goes or what the event says."""
    found = place(pod(**spec), Cluster(nodes, Load()))
    assert (found.node if isinstance(found, Placed) else found.message) == expected


def test_place_spreads_by_owner_first_then_by_number():
    """A node with many other pods is better than one with a pod of the same owner."""
    load = Load()
    load.put(pod("x", owner="rs"), "a")
    for number in range(5):
        load.put(pod(f"y{number}", owner="other"), "b")
    assert place(pod(), Cluster([node("a"), node("b")], load)) == Placed("b")
    assert place(pod(owner="third"), Cluster([node("a"), node("b")], load)) == Placed("a")
    load.take(pod("x", owner="rs"), "a")
    assert place(pod(), Cluster([node("a"), node("b")], load)) == Placed("a")


def ports(*numbers, address="", protocol="TCP"):
    port = {"containerPort": 80, "protocol": protocol, "hostIP": address}
    return {"containers": [{"name": "c", "ports": [{**port, "hostPort": number} for number in numbers]}]}


@pytest.mark.parametrize(
    ("taken", "wanted", "fits"),
    [
        pytest.param(ports(80), ports(81), True, id="another-port"),
        pytest.param(ports(80), ports(81, 80), False, id="the-same-port"),
        pytest.param(ports(80), ports(80, protocol="UDP"), True, id="another-protocol"),
        pytest.param(
            ports(80, address="10.0.0.1"), ports(80, address="10.0.0.2"), True, id="another-address"
        ),
        pytest.param(ports(80, address="10.0.0.1"), ports(80, address="0.0.0.0"), False, id="one-of-all"),
    ],
)
def test_two_pods_do_not_share_a_port_of_their_node(taken, wanted, fits):
    """It is free again when the pod that has it ends."""
    load = Load()
    load.put(pod("x", **taken), "a")
    refused = "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports."
    expected = Placed("a") if fits else Unplaced(refused + NO_VICTIMS)
    assert place(pod(**wanted), Cluster([node("a")], load)) == expected
    load.take(pod("x", **taken), "a")
    assert place(pod(**wanted), Cluster([node("a")], load)) == Placed("a")


@given(pods=st.integers(0, 40), names=st.sets(st.sampled_from("abcdefgh"), min_size=1))
def test_place_keeps_the_nodes_level(pods, names):
    """However many pods of one owner: no node has over one more than another."""
    load = Load()
    for number in range(pods):
        found = place(pod(f"p{number}"), Cluster([node(name) for name in names], load))
        assert isinstance(found, Placed)
        load.put(pod(f"p{number}"), found.node)
    numbers = Counter({name: load.number(name) for name in names}).values()
    assert max(numbers) - min(numbers) <= 1


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        pytest.param(pod(), True, id="new"),
        pytest.param(pod(node="a"), False, id="bound"),
        pytest.param(pod(phase="Failed"), False, id="ended"),
        pytest.param(pod(schedulingGates=[{"name": "g"}]), False, id="gated"),
        pytest.param(pod(schedulerName="mine"), False, id="another-scheduler"),
        pytest.param(replace(pod(), meta=replace(pod().meta, deleting=True)), False, id="terminating"),
    ],
)
def test_pending(candidate, expected):
    """Whose pods the scheduler touches."""
    assert pending(candidate) is expected


def test_unplaced_is_a_value_with_its_words():
    """The message is the event's."""
    assert place(pod(), Cluster([], Load())) == Unplaced("no nodes available to schedule pods")
