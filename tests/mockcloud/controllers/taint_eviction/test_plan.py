"""How long a pod stays where a taint wants it gone."""

import pytest

from mockcloud.controllers.objects.nodes import parse_node
from mockcloud.controllers.objects.pods import parse_pod
from mockcloud.controllers.taint_eviction.plan import evicted, stays
from testkit import objects

GO = {"key": "go", "value": "now", "effect": "NoExecute"}


def pod(*tolerations, **status):
    return parse_pod(
        objects.pod("p", metadata={"uid": "u"}, tolerations=list(tolerations), nodeName="n", status=status)
    )


def node(*taints):
    return parse_node(objects.node("n", metadata={"uid": "n"}, taints=list(taints)))


def tolerates(seconds=None, key="go"):
    wanted = {"key": key, "operator": "Exists", "effect": "NoExecute"}
    return wanted if seconds is None else {**wanted, "tolerationSeconds": seconds}


@pytest.mark.parametrize(
    ("candidate", "taints", "expected"),
    [
        pytest.param(pod(), [], None, id="no-taint"),
        pytest.param(pod(), [{**GO, "effect": "NoSchedule"}], None, id="it-may-stay-only-not-come"),
        pytest.param(pod(), [GO], 0.0, id="at-once"),
        pytest.param(pod(tolerates()), [GO], None, id="for-good"),
        pytest.param(pod(tolerates(7)), [GO], 7.0, id="for-a-while"),
        pytest.param(pod(tolerates(7), tolerates(3)), [GO], 3.0, id="the-shortest"),
        pytest.param(pod(tolerates(), tolerates(-1)), [GO], 0.0, id="below-nothing-is-nothing"),
        pytest.param(pod(tolerates(7)), [GO, {**GO, "key": "other"}], 0.0, id="one-of-two"),
        pytest.param(
            pod(), [{"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}], None, id="not-ours"
        ),
        pytest.param(pod(phase="Failed"), [GO], None, id="it-has-ended"),
    ],
)  # fmt: skip
def test_stays(candidate, taints, expected):
    """As upstream's controller counts it."""
    assert stays(candidate, node(*taints)) == expected


def test_a_node_that_is_not_there_says_nothing():
    """Its pods are another controller's."""
    assert stays(pod(), None) is None


def test_the_condition_says_who_did_it():
    """Others stay; said again, it is there once."""
    ready = {"type": "Ready", "status": "True"}
    once = evicted([ready], "t")
    assert [(one["type"], one.get("reason")) for one in once] == [
        ("Ready", None),
        ("DisruptionTarget", "DeletionByTaintManager"),
    ]
    assert evicted(once, "t") == once
