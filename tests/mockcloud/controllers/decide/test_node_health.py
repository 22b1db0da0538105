"""When a node counts as lost, and what is written about it."""

import pytest

from mockcloud.controllers.decide.node_health import Sign, lost_at, stays, taints
from mockcloud.controllers.model.nodes import parse_node
from mockcloud.controllers.model.pods import parse_pod


@pytest.mark.parametrize(
    ("sign", "listening_since", "grace_until", "expected"),
    [
        pytest.param(Sign(100, 8), 10, 0, 108, id="from-the-last-sign"),
        pytest.param(Sign(100, 8), 150, 0, 158, id="from-when-we-could-hear-again"),
        pytest.param(Sign(100, 8), 10, 120, 128, id="from-when-we-woke-up"),
        pytest.param(Sign(100, 8), None, 0, None, id="we-are-deaf"),
    ],
)
def test_lost_at(sign, listening_since, grace_until, expected):
    """Silence counts only while we listened."""
    assert lost_at(sign, listening_since, grace_until) == expected


def node(ready="True", **spec):
    conditions = [{"type": "Ready", "status": ready}]
    return parse_node(
        {"metadata": {"name": "n", "uid": "n"}, "spec": spec, "status": {"conditions": conditions}}
    )


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
    meta = {"namespace": "ns", "name": "p", "uid": "p"}
    return parse_pod({"metadata": meta, "spec": {"tolerations": tolerations}, "status": {"phase": phase}})


FOREVER = {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute"}


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        pytest.param(pod(), False, id="ordinary"),
        pytest.param(pod(**FOREVER), True, id="tolerates-for-ever"),
        pytest.param(pod(**FOREVER, tolerationSeconds=300), False, id="tolerates-for-a-while"),
        pytest.param(pod("Succeeded"), True, id="ended"),
    ],
)
def test_stays(subject, expected):
    """Who is not evicted from a lost node."""
    assert stays(subject) is expected
