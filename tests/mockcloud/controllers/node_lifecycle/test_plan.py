"""When a node counts as lost, and what is written about it."""

import pytest

from mockcloud.controllers.node_lifecycle.plan import (
    MAX_API_SILENCE_SECONDS,
    ApiContact,
    Heartbeat,
    evicted_after,
    held_zones,
    lost_at,
    marked_again_after,
    taints,
)
from mockcloud.controllers.objects.nodes import parse_node
from mockcloud.controllers.objects.pods import parse_pod
from testkit import objects


@pytest.mark.parametrize(
    ("heartbeat", "watching_since", "contact", "expected"),
    [
        pytest.param(Heartbeat(100, 8), 10, ApiContact(199, 10), 108, id="from-the-last-heartbeat"),
        pytest.param(Heartbeat(100, 8), 150, ApiContact(199, 10), 158, id="from-when-the-watch-was-opened"),
        pytest.param(
            Heartbeat(100, 8), 10, ApiContact(199, 198), 206, id="from-when-the-api-was-heard-again"
        ),
        pytest.param(Heartbeat(100, 8), None, ApiContact(199, 10), None, id="no-watch"),
        pytest.param(Heartbeat(100, 8), 10, ApiContact(190, 10), None, id="nothing-comes-from-the-api"),
    ],
)
def test_lost_at(heartbeat, watching_since, contact, expected):
    """Silence counts only while we could hear; seen at 200."""
    assert lost_at(heartbeat, watching_since, contact, 200) == expected


def test_a_gap_in_contact_begins_it_anew():
    """An API, or a process, that stood still for 100 s has told nothing of those seconds."""
    contact = ApiContact(10, 10).heard(12).heard(12 + MAX_API_SILENCE_SECONDS)
    assert contact == ApiContact(12 + MAX_API_SILENCE_SECONDS, 10)
    assert contact.heard(116.5) == ApiContact(116.5, 116.5)


def zones(**sizes):
    return {f"{zone}-{number}": zone for zone, size in sizes.items() for number in range(size)}


def first(zone, count):
    return {f"{zone}-{number}" for number in range(count)}


@pytest.mark.parametrize(
    ("lost", "nodes", "held"),
    [
        pytest.param(set(), {}, set(), id="no-nodes"),
        pytest.param(first("a", 1), zones(a=1), {"a"}, id="the-only-one"),
        pytest.param(first("a", 1), zones(a=3), set(), id="one-of-three"),
        pytest.param(first("a", 2), zones(a=3), set(), id="two-of-three"),
        pytest.param(first("a", 3), zones(a=3), {"a"}, id="all"),
        pytest.param(first("a", 3), zones(a=4), {"a"}, id="most-of-a-small-cluster"),
        pytest.param(first("a", 3), zones(a=6), set(), id="half-of-a-small-cluster"),
        pytest.param(first("a", 55), zones(a=60), set(), id="most-of-a-large-cluster"),
        pytest.param(first("a", 3), zones(a=3, b=3), set(), id="a-whole-zone"),
        pytest.param(first("a", 3), zones(a=4, b=3), {"a"}, id="most-of-a-zone"),
        pytest.param(first("a", 3) | first("b", 3), zones(a=3, b=3), {"a", "b"}, id="all-of-two-zones"),
        pytest.param({"gone"}, zones(a=3), set(), id="a-node-that-is-no-more"),
    ],
)
def test_where_nobody_is_evicted(lost, nodes, held):
    """As kube-controller-manager's disruption modes."""
    assert held_zones(lost, nodes) == held


def test_while_all_are_silent_no_taint_says_that_pods_must_go():
    """The scheduler is still told."""
    assert [each.effect for each in taints(node(), lost=True, held=True)] == ["NoSchedule"]


def node(ready="True", **spec):
    return parse_node(objects.node("n", ready=ready, metadata={"uid": "n"}, **spec))


@pytest.mark.parametrize(
    ("subject", "lost", "expected"),
    [
        pytest.param(node(), False, [], id="well"),
        pytest.param(node(), True, [("unreachable", "NoSchedule"), ("unreachable", "NoExecute")], id="lost"),
        pytest.param(
            node("False"), False, [("not-ready", "NoSchedule"), ("not-ready", "NoExecute")], id="ill"
        ),
        pytest.param(node(unschedulable=True), False, [("unschedulable", "NoSchedule")], id="cordoned"),
        pytest.param(
            node(taints=[{"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"}]),
            False,
            [],
            id="back",
        ),
    ],
)
def test_taints(subject, lost, expected):
    """The taints that tell a node's state come and go with it."""
    assert [(each.key.partition("/")[2], each.effect) for each in taints(subject, lost=lost)] == expected


def test_taints_of_the_user_are_kept():
    """Only the state's own taints are managed."""
    mine = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}
    assert [each.key for each in taints(node(taints=[mine]), lost=False)] == ["gpu"]


def pod(phase="Running", **toleration):
    tolerations = [toleration] if toleration else []
    made = objects.pod(
        "p", namespace="ns", metadata={"uid": "p"}, status={"phase": phase}, tolerations=tolerations
    )
    return parse_pod(made)


FOREVER = {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute"}


def tolerant(*seconds):
    tolerations = [FOREVER if each is None else {**FOREVER, "tolerationSeconds": each} for each in seconds]
    meta = {"namespace": "ns", "name": "p", "uid": "p"}
    return parse_pod({"metadata": meta, "spec": {"tolerations": tolerations}, "status": {"phase": "Running"}})


@pytest.mark.parametrize(
    ("subject", "most", "expected"),
    [
        pytest.param(pod(), None, 0, id="tolerates-nothing"),
        pytest.param(tolerant(None), None, None, id="tolerates-for-ever"),
        pytest.param(tolerant(None), 30, None, id="for-ever-is-not-shortened"),
        pytest.param(tolerant(300), None, 300, id="as-every-pod-by-default"),
        pytest.param(tolerant(300), 30, 30, id="shortened"),
        pytest.param(tolerant(5), 30, 5, id="shorter-by-itself"),
        pytest.param(tolerant(300, 20, None), None, 20, id="the-shortest-counts"),
        pytest.param(tolerant(-1), None, 0, id="negative"),
        pytest.param(pod("Succeeded"), None, None, id="ended"),
        pytest.param(pod(key="other", operator="Exists"), None, 0, id="another-taint"),
    ],
)
def test_evicted_after(subject, most, expected):
    """How long a pod stays on a lost node."""
    assert evicted_after(subject, most) == expected


def test_a_pod_that_says_ready_each_time_is_fought_ever_less():
    """Soon at first, once a minute in the end."""
    assert [marked_again_after(times) for times in range(1, 6)] == [2.0, 8.0, 32.0, 60.0, 60.0]
