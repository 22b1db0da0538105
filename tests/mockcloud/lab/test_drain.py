"""What leaves a node before it goes, and what is taken back where it stays."""

import pytest

from mockcloud.client.objects import Object
from mockcloud.lab.drain import EXCLUDE, as_before, to_evict
from testkit.objects import node, pod


def owned(kind: str, *, controller: bool = True) -> Object:
    return {"ownerReferences": [{"kind": kind, "name": "x", "uid": "u", "controller": controller}]}


@pytest.mark.parametrize(
    ("metadata", "leaves"),
    [
        pytest.param({}, True, id="nobody's"),
        pytest.param(owned("ReplicaSet"), True, id="a Deployment's"),
        pytest.param(owned("DaemonSet"), False, id="a DaemonSet's"),
        pytest.param(owned("DaemonSet", controller=False), True, id="not controlled by it"),
        pytest.param({"annotations": {"kubernetes.io/config.mirror": "x"}}, False, id="the node's own"),
    ],
)
def test_what_is_evicted(metadata, leaves):
    """All that can be elsewhere."""
    assert bool(to_evict([pod(metadata=metadata)])) is leaves


@pytest.mark.parametrize(
    ("before", "label", "cordoned"),
    [
        pytest.param(node("n"), None, None, id="in use"),
        pytest.param(
            node("n", metadata={"labels": {EXCLUDE: "yes"}}, unschedulable=True), "yes", True, id="set aside"
        ),
    ],
)
def test_a_node_that_stays_is_as_it_was(before, label, cordoned):
    """Also one that somebody had cordoned, or taken from load balancers."""
    patch = {"metadata": {"labels": {EXCLUDE: label}}, "spec": {"unschedulable": cordoned}}
    assert as_before(before) == patch
